'use strict';

/*
 * What of LuCI's runtime the pages of cpe-agent use, as LuCI has it, written anew for the tests. Where a text would
 * become HTML in LuCI it does here: E(name, {}, 'text'), titles, descriptions.
 */

window.complaints = [];
addEventListener('error', (event) => complaints.push(`error ${event.message}`));
addEventListener('unhandledrejection', (event) => complaints.push(`rejection ${event.reason}`));

String.prototype.format = function (...values) {
	return this.replace(/%[sdh]/g, (kind) => {
		const value = values.shift();
		const escaped = () => String(value).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
		return { '%s': () => String(value), '%d': () => String(Math.trunc(value) || 0), '%h': escaped }[kind]();
	});
};

/* Asked for, it marks what went through it: a translator sees that, and nothing else. */
const isMarked = new URLSearchParams(location.search).has('marked');
window._ = (text) => (isMarked ? `«${text}»` : text);

const append = (node, children) => {
	if (Array.isArray(children))
		children.forEach((one) => node.appendChild(one instanceof Node ? one : document.createTextNode(`${one}`)));
	else if (children instanceof Node)
		node.appendChild(children);
	else if (children !== null && children !== undefined)
		node.innerHTML = `${children}`;
};

window.E = (name, ...rest) => {
	const node = document.createElement(name);
	const hasAttributes = rest[0] !== null && typeof rest[0] === 'object' && !Array.isArray(rest[0]) && !(rest[0] instanceof Node);
	const attributes = hasAttributes ? rest.shift() : {};
	Object.entries(attributes).forEach(([key, value]) => {
		if (typeof value === 'function')
			node.addEventListener(key, value);
		else if (value !== null && value !== undefined)
			node.setAttribute(key, value);
	});
	append(node, rest[0]);
	return node;
};

class Base {
	constructor(...given) {
		this.__init__?.(...given);
	}

	static extend(properties) {
		const Made = class extends this {};
		Object.assign(Made.prototype, properties);
		return Made;
	}
}

const ask = async (path, question) => {
	const answer = await fetch(path, { method: 'POST', body: JSON.stringify(question) });
	return answer.json();
};

window.L = {
	bind: (call, self, ...given) => call.bind(self, ...given),
	hasViewPermission: () => new URLSearchParams(location.search).get('rights') !== 'read',
};

const rpc = {
	declare: ({ object, method, params = [], reject = false }) => async (...given) => {
		const named = Object.fromEntries(params.map((name, i) => [name, given[i]]).filter(([, value]) => value !== undefined));
		const { code, told, document } = await ask('/ubus', { object, method, arguments: named });
		if (code && reject)
			throw new Error(`RPC call to ${object}/${method} failed with error ${code}: ${told}`);
		return document;
	},
};

const poll = {
	calls: [],
	add: (call, seconds) => poll.calls.push({ call, seconds }) > 0,
	tick: () => Promise.all(poll.calls.map((one) => one.call())),
};

const ui = {
	addNotification: (title, children, style) => {
		const message = E('div', { class: `alert-message ${style}` });
		if (title !== null)
			message.appendChild(E('h4', {}, title));
		append(message, children);
		document.getElementById('notifications').appendChild(message);
	},
	createHandlerFn: (self, call, ...given) => {
		const wanted = typeof call === 'string' ? self[call] : call;
		if (typeof wanted !== 'function')
			return null;
		return (event) => {
			const button = event.currentTarget;
			button.disabled = true;
			return Promise.resolve(wanted.call(self, ...given, event)).finally(() => (button.disabled = false));
		};
	},
};

/* Edits are kept until save() hands them on. */
const uci = {
	values: {}, made: {}, changed: {}, removed: {},
	load: async (config) => {
		const { code, sections } = await ask('/uci/get', { config });
		if (code)
			throw new Error(`Permission denied: ${config}`);
		uci.values[config] = sections;
	},
	sections: (config, type) => {
		const all = [...Object.values(uci.values[config] ?? {}), ...Object.values(uci.made[config] ?? {})];
		return all.filter((one) => !type || one['.type'] === type);
	},
	get: (config, section, option) => {
		const made = uci.made[config]?.[section];
		if (made)
			return option ? made[option] ?? null : made;
		if (uci.removed[config]?.[section]?.includes(option))
			return null;
		const one = uci.values[config]?.[section] ?? null;
		return option ? uci.changed[config]?.[section]?.[option] ?? one?.[option] ?? null : one;
	},
	set: (config, section, option, value) => {
		const made = uci.made[config]?.[section];
		const there = uci.values[config]?.[section];
		if (made && value !== null)
			made[option] = value;
		else if (made)
			delete made[option];
		else if (there && value !== null && value !== '')
			((uci.changed[config] ??= {})[section] ??= {})[option] = value;
		else if (there && option in there)
			((uci.removed[config] ??= {})[section] ??= []).push(option);
	},
	unset: (config, section, option) => uci.set(config, section, option, null),
	add: (config, type, name) => {
		(uci.made[config] ??= {})[name] = { '.name': name, '.type': type, '.anonymous': false };
		return name;
	},
	save: () => ask('/uci/save', { made: uci.made, changed: uci.changed, removed: uci.removed }),
};

const isAddress = (value) => /^(\d{1,3}\.){3}\d{1,3}$/.test(value) || /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(value);
const DATATYPES = {
	maxlength: (value, most) => value.length <= most,
	range: (value, least, most) => /^-?\d+$/.test(value) && +value >= least && +value <= most,
	uciname: (value) => /^[A-Za-z0-9_]+$/.test(value),
	ipaddr: isAddress,
};

const isOfType = (datatype, value) => {
	const [, name, given] = /^(\w+)(?:\((.*)\))?$/.exec(datatype);
	return DATATYPES[name](value, ...(given ?? '').split(',').map(Number));
};

const form = {};

form.Value = class extends Base {
	__init__(section, option, title, description) {
		Object.assign(this, { section, option, title, description, rmempty: true, optional: false, default: null, data: {} });
	}

	load(section) {
		return uci.get(this.section.map.config, section, this.option);
	}

	cfgvalue(section, ...given) {
		if (given.length)
			[this.data[section]] = given;
		return this.data[section];
	}

	renderWidget(section, index, value) {
		const type = this.password ? 'password' : 'text';
		return E('input', { type, value: value ?? this.default ?? '', placeholder: this.placeholder ?? null });
	}

	widget() {
		return this.node.querySelector('input, select');
	}

	formvalue() {
		return this.widget().value;
	}

	problem(section) {
		const values = [this.formvalue(section)].flat();
		const isWrong = (value) => this.datatype && value !== '' && value !== null && !isOfType(this.datatype, value);
		if (values.some(isWrong))
			return `Expecting: ${this.datatype}`;
		const told = this.validate ? this.validate(section, values[0] ?? '') : true;
		return told === true ? null : told;
	}

	async render(section) {
		this.cfgvalue(section, await this.load(section));
		const id = `${this.section.table}.${this.option}`;
		this.node = E('div', { class: 'cbi-value', 'data-name': id });
		const field = E('div', { class: 'cbi-value-field' });
		const widget = this.renderWidget(section, 0, this.cfgvalue(section));
		(widget.matches('input, select') ? widget : widget.querySelector('input')).id = id;
		field.append(widget, E('div', { class: 'wrong' }));
		if (this.description)
			field.append(E('div', { class: 'cbi-value-description' }, this.description));
		this.node.append(E('label', { for: id }, this.title), field);
		return this.node;
	}

	async parse(section) {
		const told = this.problem(section);
		this.node.querySelector('.wrong').textContent = told ?? '';
		if (told)
			throw new TypeError(`Option "${this.title}" contains an invalid input value.`);
		const value = this.formvalue(section);
		if (value === null || value === '' || value.length === 0)
			return this.remove(section);
		return JSON.stringify(value) === JSON.stringify(this.cfgvalue(section)) ? null : this.write(section, value);
	}

	write(section, value) {
		return uci.set(this.section.map.config, section, this.option, value);
	}

	remove(section) {
		return uci.unset(this.section.map.config, section, this.option);
	}
};

form.Flag = class extends form.Value {
	__init__(...given) {
		super.__init__(...given);
		Object.assign(this, { enabled: '1', disabled: '0', default: '0' });
	}

	renderWidget(section, index, value) {
		return E('input', { type: 'checkbox', checked: (value ?? this.default) === this.enabled ? '' : null });
	}

	formvalue() {
		return this.widget().checked ? this.enabled : this.disabled;
	}

	async parse(section) {
		const value = this.formvalue(section);
		return value === this.default && this.rmempty ? this.remove(section) : this.write(section, value);
	}
};

form.ListValue = class extends form.Value {
	value(key, title) {
		(this.choices ??= []).push([key, title]);
	}

	renderWidget(section, index, value) {
		const chosen = value ?? this.default;
		const choices = this.choices.map(([key, title]) => E('option', { value: key, selected: key === chosen ? '' : null }, title));
		return E('select', {}, choices);
	}
};

/* One field for all items, apart by spaces: LuCI's has one for each. */
form.DynamicList = class extends form.Value {
	renderWidget(section, index, value) {
		return super.renderWidget(section, index, [value ?? []].flat().join(' '));
	}

	formvalue() {
		return this.widget().value.split(/\s+/).filter(Boolean);
	}
};

form.NamedSection = class extends Base {
	__init__(map, section, table, title) {
		Object.assign(this, { map, section, table, title, options: [] });
	}

	option(Kind, name, title, description) {
		const made = new Kind(this, name, title, description);
		this.options.push(made);
		return made;
	}

	async render() {
		const node = E('div', { class: 'cbi-section' });
		if (!uci.get(this.map.config, this.section))
			return node;
		node.append(E('h3', {}, this.title), ...(await Promise.all(this.options.map((one) => one.render(this.section)))));
		return node;
	}
};

form.Map = class extends Base {
	__init__(config, title, description) {
		Object.assign(this, { config, title, description, children: [] });
		window.map = this;
	}

	section(Kind, ...given) {
		const made = new Kind(this, ...given);
		this.children.push(made);
		return made;
	}

	async render() {
		const node = E('div', { class: 'cbi-map' });
		node.append(E('h2', {}, this.title), E('div', { class: 'cbi-map-descr' }, this.description));
		node.append(...(await Promise.all(this.children.map((one) => one.render()))));
		return node;
	}

	async save() {
		await Promise.all(this.children.flatMap((one) => one.options.map((option) => option.parse(one.section))));
		return uci.save();
	}
};

class View extends Base {
	load() {}

	handleSave() {
		return window.map.save();
	}
}
View.prototype.handleSaveApply = View.prototype.handleReset = View.prototype.handleSave;

const modules = { view: View, baseclass: Base, rpc, poll, ui, uci, form };

/* 'require a.b as c': at the head of a file, as LuCI's loader reads it. */
async function loaded(name) {
	if (modules[name])
		return modules[name];
	const source = await (await fetch(`/luci-static/resources/${name.replaceAll('.', '/')}.js`)).text();
	const names = [];
	const parts = [];
	for (const [, wanted, alias] of source.matchAll(/^'require ([\w.-]+)(?: as (\w+))?';$/gm)) {
		parts.push(await loaded(wanted));
		names.push(alias ?? wanted.replace(/\W/g, '_'));
	}
	const Made = new Function('window', 'document', 'L', ...names, source)(window, document, L, ...parts);
	return (modules[name] = new Made());
}

window.save = () => window.map.save().then(() => 'saved', (wrong) => `${wrong.message}`);
window.tick = () => poll.tick().then(() => poll.calls.map((one) => one.seconds));

loaded(`view.${new URLSearchParams(location.search).get('view').replace('/', '.')}`).then(async (view) => {
	const place = document.getElementById('view');
	place.append(await view.render(await view.load()));
	if (view.handleSave)
		place.append(E('div', { class: 'right' }, [E('button', { click: () => window.save() }, ['Save'])]));
	document.body.dataset.ready = 'yes';
});
