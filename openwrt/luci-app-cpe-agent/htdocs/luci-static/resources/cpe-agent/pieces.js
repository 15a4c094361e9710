'use strict';
'require baseclass';

/*
 * What the pages have in common. E(name, attributes, 'text') would take a text as HTML; in a list it becomes a text
 * node. Whatever the device or the ACS has said is only ever put in by these functions, or in a list.
 */

function text(value) {
	return value == null || value === '' ? '–' : '%s'.format(value);
}

/* Long names break where the screen ends, short words never. */
function wrapping(value) {
	return value instanceof Node || /\S{24}/.test(value) ? 'overflow-wrap: anywhere' : null;
}

return baseclass.extend({
	/* A cell with a node, or with a value as text. */
	cell: function(value, title) {
		return E('td', { 'class': 'td left', 'data-title': title, 'style': wrapping(value) }, [
			value instanceof Node ? value : text(value)
		]);
	},

	/* "2026-11-22T12:34:30Z" as the browser's place says it. */
	moment: function(iso) {
		var date = new Date(iso);

		return iso && !isNaN(date) ? date.toLocaleString() : text(iso);
	},

	/* The same within a day, by milliseconds: a session has many lines in a second. */
	instant: function(iso) {
		var date = new Date(iso);

		return iso && !isNaN(date) ? '%s.%s'.format(
			date.toLocaleTimeString([], { hour12: false }), '%s'.format(date.getMilliseconds()).padStart(3, '0')
		) : text(iso);
	},

	/* 2812 seconds: "46 min 52 s". */
	duration: function(seconds) {
		if (seconds == null)
			return '–';

		if (seconds < 60)
			return _('%d s').format(seconds);

		if (seconds < 3600)
			return _('%d min %d s').format(seconds / 60, seconds % 60);

		return _('%d h %d min').format(seconds / 3600, seconds % 3600 / 60);
	},

	yes: function(value) {
		return value ? _('yes') : _('no');
	},

	/* A heading of ours and rows of [name, value]. */
	facts: function(title, rows) {
		return E('div', { 'class': 'cbi-section' }, [
			E('h3', {}, [ title ]),
			E('table', { 'class': 'table' }, rows.map(L.bind(function(row) {
				return E('tr', { 'class': 'tr' }, [
					E('td', { 'class': 'td left', 'width': '33%' }, [ row[0] ]),
					this.cell(row[1])
				]);
			}, this)))
		]);
	},

	/* Rows of values below headings; a phone shows each heading beside its value. */
	table: function(headings, rows, nothing) {
		var head = E('tr', { 'class': 'tr table-titles' }, headings.map(function(one) {
			return E('th', { 'class': 'th' }, [ one ]);
		}));

		return E('table', { 'class': 'table' }, [ head ].concat(rows.length ? rows.map(L.bind(function(row) {
			return E('tr', { 'class': 'tr' }, row.map(L.bind(function(value, i) {
				return this.cell(value, headings[i]);
			}, this)));
		}, this)) : [
			E('tr', { 'class': 'tr placeholder' }, [ E('td', { 'class': 'td', 'colspan': headings.length }, [ nothing ]) ])
		]));
	},

	/* The agent has refused, or is not there. */
	failure: function(error) {
		return E('div', { 'class': 'alert-message warning' }, [
			E('p', {}, [ _('The agent has not answered. Is it started? "/etc/init.d/cpe-agent start" does that; the system log says why it ended.') ]),
			E('p', {}, [ text(error && error.message || error) ])
		]);
	},

	/* Where a page's answer is put, and again. */
	put: function(place, children) {
		while (place.firstChild)
			place.removeChild(place.firstChild);

		children.forEach(function(one) {
			place.appendChild(one);
		});

		return place;
	}
});
