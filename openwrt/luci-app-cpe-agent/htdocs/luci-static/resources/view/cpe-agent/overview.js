'use strict';
'require view';
'require rpc';
'require poll';
'require ui';
'require cpe-agent.pieces as pieces';

var callStatus = rpc.declare({ object: 'cpe-agent', method: 'status', reject: true });
var callInform = rpc.declare({ object: 'cpe-agent', method: 'inform', reject: true });

var STATES = {
	'no ACS configured': _('none is known'),
	'in session': _('in session'),
	'CWMP is disabled': _('remote management is switched off'),
	'not contacted yet': _('not contacted yet'),
	'reachable': _('reachable'),
	'last session failed': _('the last session failed')
};

function answered(status) {
	var acs = status.acs || {},
	    requests = status.connection_request || {},
	    device = status.device || {},
	    pending = status.pending || {};

	return [
		pieces.facts(_('Management server (ACS)'), [
			[ _('Address'), acs.url || _('none is known: no session is made') ],
			[ _('State'), STATES[acs.state] || acs.state ],
			[ _('Last session'), pieces.moment(acs.last_session) ],
			[ _('How it ended'), acs.last_outcome ],
			[ _('Failed attempts since'), acs.failed_attempts ],
			[ _('Next session in'), pieces.duration(acs.next_session_seconds) ]
		]),
		pieces.facts(_('Requests of the management server'), [
			[ _('Listening'), pieces.yes(requests.is_listening) ],
			[ _('Address'), requests.url ],
			[ _('Problem'), [ requests.problem, requests.next ].filter(Boolean).join('; ') ],
			[ _('Accepted'), requests.accepted ],
			[ _('Refused'), requests.refused ],
			[ _('Last refusal'), requests.last_refusal ]
		]),
		pieces.facts(_('This device'), [
			[ _('Manufacturer'), device.manufacturer ],
			[ _('OUI'), device.oui ],
			[ _('Product class'), device.product_class ],
			[ _('Serial number'), device.serial_number ],
			[ _('Address'), device.address ],
			[ _('Version of the agent'), device.agent ]
		]),
		pieces.facts(_('Waiting'), [
			[ _('Events to report'), (pending.events || []).join(', ') ],
			[ _('Reports that were ordered'), pending.scheduled_informs ],
			[ _('Change that is not confirmed yet'), pending.unconfirmed_change ],
			[ _('It is taken back in'), pieces.duration(pending.taken_back_seconds) ],
			[ _('Changes by the ACS'), pending.write_side === 'on' ? _('are taken') : pending.write_side ]
		])
	];
}

return view.extend({
	load: function() {
		return callStatus().catch(function(error) { return { failure: error }; });
	},

	render: function(status) {
		var place = E('div', { 'id': 'cpe-agent-status' });

		this.show(place, status);

		poll.add(L.bind(function() {
			return this.load().then(L.bind(this.show, this, place));
		}, this), 5);

		return E('div', { 'class': 'cbi-map' }, [
			E('h2', {}, [ _('Remote management') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('Who manages this router from afar, and how that goes.') ]),
			place,
			E('div', { 'class': 'right' }, [
				E('button', {
					'class': 'btn cbi-button cbi-button-action',
					'disabled': L.hasViewPermission() ? null : true,
					'click': ui.createHandlerFn(this, 'report')
				}, [ _('Report to the ACS now') ])
			])
		]);
	},

	show: function(place, status) {
		pieces.put(place, status.failure ? [ pieces.failure(status.failure) ] : answered(status));
	},

	report: function() {
		return callInform().then(function() {
			ui.addNotification(null, E('p', {}, [ _('A session with the ACS has begun; it is in the list of sessions.') ]), 'info');
		}).catch(function(error) {
			ui.addNotification(null, E('p', {}, [ _('The agent has begun no session: %s. Is an ACS known, and remote management on?').format(error.message) ]), 'warning');
		});
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
