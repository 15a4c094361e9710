'use strict';
'require view';
'require rpc';
'require ui';
'require cpe-agent.pieces as pieces';

var callDoctor = rpc.declare({ object: 'cpe-agent', method: 'doctor', reject: true });
var callDiscover = rpc.declare({ object: 'cpe-agent', method: 'discover', reject: true });

/* A check that holds may have an advice all the same: it is a warning then. */
function mark(check) {
	if (!check.ok)
		return E('strong', { 'class': 'cpe-agent-bad' }, [ _('wrong') ]);

	return check.next ? _('warning') : _('good');
}

function examined(answer) {
	return [
		E('h3', {}, [ _('Checks') ]),
		pieces.table([ _('What'), _('Result'), _('Found'), _('What to do') ], (answer.checks || []).map(function(one) {
			return [ one.name, mark(one), one.what, one.next ];
		}), _('Nothing was checked.'))
	];
}

function discovered(answer) {
	var acs = answer.acs || {},
	    ways = answer.ways || {};

	return [
		pieces.facts(_('How the ACS was found'), [
			[ _('ACS'), acs.url ],
			[ _('Named by'), [ acs.name, acs.told_by ].filter(Boolean).join(': ') ],
			[ _('Contact'), acs.contact ],
			[ _('Why this one'), answer.why ],
			[ _('What to do'), answer.next ],
			[ _('Ways to other networks'), Object.keys(ways).map(function(family) {
				return family + ': ' + [ ways[family] ].flat().join(', ');
			}).join('; ') ]
		]),
		pieces.table([ _('Source'), _('Verdict'), _('Says'), _('Why'), _('What to do') ], (answer.sources || []).map(function(one) {
			return [ one.name, one.verdict, [ one.url, one.told_by, one.interface ].filter(Boolean).join(' '), one.why, one.next ];
		}), _('There is no source.'))
	];
}

return view.extend({
	render: function() {
		this.checks = E('div', { 'class': 'cbi-section', 'id': 'cpe-agent-checks' });
		this.sources = E('div', { 'class': 'cbi-section', 'id': 'cpe-agent-sources' });
		this.look();

		return E('div', { 'class': 'cbi-map' }, [
			E('h2', {}, [ _('Diagnostics') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('What stands between this router and its management server, and what to do about it.') ]),
			this.checks,
			this.sources,
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn cbi-button cbi-button-action', 'click': ui.createHandlerFn(this, 'look') }, [ _('Look again') ])
			])
		]);
	},

	/* A check that waits for the network keeps nobody from the rest of the page. */
	look: function() {
		return Promise.all([
			[ callDoctor, examined, this.checks ],
			[ callDiscover, discovered, this.sources ]
		].map(function(one) {
			pieces.put(one[2], [ E('em', { 'class': 'spinning' }, [ _('Looking …') ]) ]);

			return one[0]().then(function(answer) {
				pieces.put(one[2], one[1](answer));
			}).catch(function(error) {
				pieces.put(one[2], [ pieces.failure(error) ]);
			});
		}));
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
