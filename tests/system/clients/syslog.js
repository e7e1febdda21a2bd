// SPDX-License-Identifier: BSD-2-Clause
// syslog.js - sends without any library: udp, tcp, counted or nul, PORT, and
// how many numbered messages; then some texts that are harder
'use strict';

const dgram = require('dgram');
const net = require('net');
const os = require('os');

const [way, port, count] = process.argv.slice(2);
const texts = [];
for (let n = 0; n < count; n++)
	texts.push(`message ${n}`);
texts.push('Größe € 日本語 😀', '[not] structured data',
    '0123456789'.repeat(1000), 'two\nlines', 'end');

function message(text) {
	const header = [`<${16 * 8 + 5}>1`, new Date().toISOString(),
	    os.hostname(), 'shop', process.pid, 'ORDER',
	    '[order@32473 id="4\\"2" state="new"]'];
	return Buffer.from(`${header.join(' ')} ${text}`);
}

const frames = {
	tcp: (m) => Buffer.concat([m, Buffer.from('\n')]),
	nul: (m) => Buffer.concat([m, Buffer.from('\0')]),
	counted: (m) => Buffer.concat([Buffer.from(`${m.length} `), m]),
};

if (way === 'udp') {
	const socket = dgram.createSocket('udp4');
	let left = texts.length;
	for (const text of texts)
		socket.send(message(text), port, '127.0.0.1', () => {
			if (--left === 0)
				socket.close();
		});
} else {
	const socket = net.connect(port, '127.0.0.1');
	for (const text of texts)
		socket.write(frames[way](message(text)));
	socket.end();
}
