'use strict';
'require view';
'require form';
'require uci';

var CONFIG = 'cpe-agent';

/* The words that OpenWrt's own scripts take for a truth, and the agent as well. */
var TRUTH = {
	'1': '1', 'on': '1', 'true': '1', 'yes': '1', 'enabled': '1',
	'0': '0', 'off': '0', 'false': '0', 'no': '0', 'disabled': '0'
};

/* What is as it was is not written; what is the default is left out. */
function settle(option, section, before, value) {
	if (value === (before == null ? option.default : before))
		return;

	if (value === option.default)
		uci.unset(CONFIG, section, option.option);
	else
		uci.set(CONFIG, section, option.option, value);
}

var Switch = form.Flag.extend({
	__name__: 'CBI.CpeAgentSwitch',

	load: function(section) {
		return TRUTH[uci.get(CONFIG, section, this.option)];
	},

	write: function(section, value) {
		return settle(this, section, this.cfgvalue(section), value);
	},

	remove: function(section) {
		return this.write(section, this.default);
	}
});

var Choice = form.ListValue.extend({
	__name__: 'CBI.CpeAgentChoice',

	write: function(section, value) {
		return settle(this, section, uci.get(CONFIG, section, this.option), value);
	},

	remove: function(section) {
		return this.write(section, this.default);
	}
});

/* It can be given another value, and is never shown: the field is empty, and an empty field changes nothing. */
var Secret = form.Value.extend({
	__name__: 'CBI.CpeAgentSecret',

	load: function() {
		return null;
	},

	renderWidget: function(section, index, value) {
		this.password = true;
		this.placeholder = uci.get(CONFIG, section, this.option) ? _('is set; leave it empty to keep it') : '';

		return form.Value.prototype.renderWidget.call(this, section, index, value);
	},

	remove: function() {}
});

/* A section is a table's by its name, or by its type where it has no name. */
function sectionOf(table) {
	var found = uci.sections(CONFIG).filter(function(one) {
		return one['.name'] === table || one['.anonymous'] && one['.type'] === table;
	})[0];

	return found ? found['.name'] : uci.add(CONFIG, table, table);
}

function openwrt(s) {
	var o;

	o = s.option(Switch, 'enabled', _('Start it'), _('Whether the router can be managed from afar at all.'));
	o.default = '1';

	o = s.option(form.Value, 'user', _('Run as user'), _('With few rights (needs the package procd-ujail): it reports then, and changes nothing. Empty: root.'));
	o.placeholder = 'root';
	o.datatype = 'maxlength(32)';

	o = s.option(form.DynamicList, 'interfaces', _('Read the settings again with'), _('When one of these networks comes up. None: wan and wan6.'));
	o.placeholder = 'wan';
	o.datatype = 'uciname';
}

function acs(s) {
	var o;

	o = s.option(form.Value, 'url', _('Address'), _('Empty: whom DHCP names, if that is allowed below, else nobody.'));
	o.placeholder = 'https://acs.example.net/cwmp';
	o.validate = function(section, value) {
		return value === '' || /^https?:\/\/[^\s]+$/.test(value) || _('It begins with https:// or http:// and has no spaces.');
	};

	o = s.option(form.Value, 'username', _('User name'), _('How the device presents itself. Empty: OUI, product class and serial number.'));
	o.datatype = 'maxlength(256)';

	o = s.option(Secret, 'password', _('Password'), _('The secret for it.'));
	o.datatype = 'maxlength(256)';

	o = s.option(form.Value, 'ca_file', _('Trusted authorities'), _('A PEM file. Empty: those of the system.'));
	o.placeholder = '/etc/ssl/certs/ca-certificates.crt';

	s.option(form.Value, 'client_certificate', _('Certificate of the device'), _('A PEM file by which it proves who it is. Empty: it does not.'));
	s.option(form.Value, 'client_key', _('Key of the certificate'), _('A PEM file. Empty: it is in the certificate\'s.'));

	o = s.option(Choice, 'tls_profile', _('Encryption'));
	o.value('modern', _('as of today'));
	o.value('compat', _('also what very old servers need'));
	o.default = 'modern';
}

function inform(s) {
	var o;

	o = s.option(Switch, 'enable', _('Report regularly'));
	o.default = '1';

	o = s.option(form.Value, 'interval', _('Interval'), _('Seconds between two reports.'));
	o.placeholder = '3600';
	o.datatype = 'range(1,4294967295)';

	o = s.option(form.Value, 'boot_delay', _('Delay after the start'), _('Seconds; the first report waits for a random part of them.'));
	o.placeholder = '0';
	o.datatype = 'range(0,86400)';
}

function connectionRequest(s) {
	var o;

	o = s.option(form.Value, 'username', _('User name'), _('What the ACS says to ask for a session. Empty: made up for this device.'));
	o.datatype = 'maxlength(256)';

	o = s.option(Secret, 'password', _('Password'), _('The secret for it.'));
	o.datatype = 'maxlength(256)';

	o = s.option(form.Value, 'port', _('TCP port'), _('0: any free one.'));
	o.placeholder = '7547';
	o.datatype = 'range(0,65535)';

	o = s.option(form.Value, 'path', _('Path'), _('One segment of letters, digits and . _ ~ -. Empty: made up for this device.'));
	o.validate = function(section, value) {
		return /^(?!\.{1,2}$)[A-Za-z0-9._~-]{0,128}$/.test(value) || _('One segment of at most 128 letters, digits and . _ ~ -');
	};

	s.option(form.Value, 'interface', _('Interface'), _('Listen on this one only. Empty: on all.'));

	o = s.option(Choice, 'digest', _('Log-in'));
	o.value('MD5', _('MD5, which every ACS speaks'));
	o.value('SHA-256', 'SHA-256');
	o.default = 'MD5';

	o = s.option(Choice, 'firewall', _('Firewall'), _('What it lets in at the port while an ACS is known.'));
	o.value('', _('as its own rules say'));
	o.value('open', _('requests from anywhere'));
	o.value('acs', _('requests from the address of the ACS'));
	o.default = '';
}

function discovery(s) {
	var o;

	o = s.option(Switch, 'enable', _('DHCP may name the ACS'), _('Where neither the ACS nor a person has.'));
	o.default = '1';

	s.option(form.Value, 'interface', _('Interface'), _('Believe leases on this one only. Empty: on the one with the default route.'));

	o = s.option(Switch, 'allow_http', _('Without encryption as well'), _('DHCP may name an http:// ACS, which anybody on the way could be.'));
	o.default = '0';

	o = s.option(Switch, 'allow_change', _('Another ACS as well'), _('DHCP alone may name another host than the one that it named first.'));
	o.default = '0';
}

function network(s) {
	var o;

	o = s.option(form.DynamicList, 'manage', _('Interfaces that the ACS may change'), _('Names, * for any part of one. None: all are read only.'));
	o.placeholder = 'lan*';

	s.option(form.Value, 'management_interface', _('Way to the ACS'), _('By this interface only. Empty: as the routing table says.'));

	o = s.option(form.DynamicList, 'management_name_servers', _('Name servers there'), _('Asked for the name of the ACS. None: those of the lease.'));
	o.datatype = 'ipaddr("nomask")';

	o = s.option(form.Value, 'confirm_within', _('Undo after'), _('Seconds; a change that cuts off the ACS is undone unless it is reached again by then.'));
	o.placeholder = '180';
	o.datatype = 'range(10,86400)';
}

return view.extend({
	load: function() {
		return uci.load(CONFIG);
	},

	render: function() {
		var m = new form.Map(CONFIG, _('Remote management'), _('These are initial values: what the ACS or a person sets later wins, until a factory reset or until the value here changes. All other settings are in /etc/config/cpe-agent.'));

		[
			[ 'openwrt', _('Service'), openwrt ],
			[ 'acs', _('Management server (ACS)'), acs ],
			[ 'inform', _('Reports'), inform ],
			[ 'connection_request', _('Requests of the management server'), connectionRequest ],
			[ 'discovery', _('Finding the management server'), discovery ],
			[ 'network', _('Network'), network ]
		].forEach(function(one) {
			one[2](m.section(form.NamedSection, sectionOf(one[0]), one[0], one[1]));
		});

		return m.render();
	}
});
