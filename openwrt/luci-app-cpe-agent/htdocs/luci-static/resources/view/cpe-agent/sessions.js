'use strict';
'require view';
'require rpc';
'require ui';
'require cpe-agent.pieces as pieces';

var callSessions = rpc.declare({ object: 'cpe-agent', method: 'sessions', reject: true });
var callSession = rpc.declare({ object: 'cpe-agent', method: 'session', params: [ 'id', 'xml' ], reject: true });

/* One line of a session's record: who spoke, and what. */
function turn(line) {
	switch (line.kind) {
	case 'session':
		return [ _('begin'), (line.events || []).join(', ') + '  ' + line.url ];

	case 'message':
		return [ line.direction === 'sent' ? _('device') : _('ACS'), said(line) ];

	case 'exchange':
		return [ _('transport'), transport(line) ];

	case 'end':
		return [ _('end'), line.outcome ];
	}

	return [ line.kind, JSON.stringify(line) ];
}

function said(line) {
	var summary = line.bytes ? line.summary : _('nothing (an empty body)');

	if (line.is_cut)
		summary = '%s (%s)'.format(summary, _('too long to be kept'));

	return line.xml ? E('div', {}, [ summary, E('pre', { 'style': 'white-space: pre-wrap; overflow-wrap: anywhere' }, [ line.xml ]) ]) : summary;
}

function transport(line) {
	return [
		line.status ? _('HTTP status %d').format(line.status) : _('no answer'),
		line.address,
		line.seconds == null ? null : _('%d ms').format(line.seconds * 1000),
		line.sent_bytes == null ? null : _('%d bytes sent').format(line.sent_bytes),
		line.received_bytes == null ? null : _('%d bytes received').format(line.received_bytes),
		line.is_new_connection ? _('new connection') : null
	].filter(Boolean).join(', ');
}

return view.extend({
	load: function() {
		return callSessions().catch(function(error) { return { failure: error }; });
	},

	render: function(answer) {
		this.list = E('div', { 'class': 'cbi-section', 'id': 'cpe-agent-sessions' });
		this.one = E('div', { 'class': 'cbi-section', 'id': 'cpe-agent-session' });
		this.show(answer);

		return E('div', { 'class': 'cbi-map' }, [
			E('h2', {}, [ _('Sessions') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('The last sessions with the management server, as the agent has kept them; secrets are left out.') ]),
			this.list,
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn cbi-button', 'click': ui.createHandlerFn(this, 'again') }, [ _('Read again') ])
			]),
			this.one
		]);
	},

	again: function() {
		return this.load().then(L.bind(this.show, this));
	},

	show: function(answer) {
		var rows = (answer.sessions || []).slice().reverse().map(L.bind(function(one) {
			return [
				one.session, pieces.moment(one.at), (one.events || []).join(', '), one.url,
				one.outcome == null ? _('under way') : one.outcome,
				E('button', {
					'class': 'btn cbi-button',
					'click': ui.createHandlerFn(this, 'open', one.session, false)
				}, [ _('Open') ])
			];
		}, this));

		if (answer.failure)
			return pieces.put(this.list, [ pieces.failure(answer.failure) ]);

		pieces.put(this.list, [
			pieces.table([ _('No.'), _('Begin'), _('Events'), _('ACS'), _('How it ended'), '' ], rows, answer.problem || _('No session is kept yet.'))
		]);
	},

	open: function(number, hasXml) {
		return callSession(number, hasXml).then(L.bind(function(answer) {
			var rows = (answer.lines || []).map(function(line) {
				return [ pieces.instant(line.at) ].concat(turn(line));
			});

			pieces.put(this.one, [
				E('h3', {}, [ _('Session %d').format(answer.session) ]),
				pieces.table([ _('Time'), _('Who'), _('What') ], rows, _('Nothing was recorded.')),
				E('div', { 'class': 'right' }, [
					E('button', {
						'class': 'btn cbi-button',
						'click': ui.createHandlerFn(this, 'open', number, !hasXml)
					}, [ hasXml ? _('Without the messages') : _('With the messages (XML)') ])
				])
			]);
			this.one.scrollIntoView();
		}, this)).catch(L.bind(function(error) {
			pieces.put(this.one, [ E('div', { 'class': 'alert-message warning' }, [
				_('Session %d cannot be shown: %s').format(number, error.message)
			]) ]);
		}, this));
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
