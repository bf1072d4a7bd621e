/* card.mjs SOCKET PIVCARD CITIZEN: puts a pivcard into the reader of a QEMU machine: what QEMU's
 * ccid-card-passthru says on SOCKET becomes what the card knows, the protocol of vpcd. It needs a
 * loopback network of its own, as the port of vpcd is always the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const [, , socketPath, ...pivcard] = process.argv;

/* vpcd: two bytes of length, then a command for the card or one of these bytes. */
const vpcdPort = 35963;
const resetCard = Buffer.from([2]);
const askForAtr = Buffer.from([4]);

/* QEMU's docs/specs and hw/usb/ccid-card-passthru: type, reader and length, 32 bits each. */
const message = { atr: 5, apdu: 7 };
const headBytes = 12;

/* ISO 7816-3: that of pivcard, with T=0 instead of T=1, and what T=0 sends. */
const atrOfT0 = Buffer.from('3b058073ff0100', 'hex');
const getResponse = 0xc0;
const caseTwoBytes = 5;
const statusBytes = 2;
const moreBytes = (count) => Buffer.from([0x61, count & 0xff]);

/* Calls `found` with each message that `sizes` (of its head, of all of it) finds in a stream. */
function cut(stream, headLength, lengthOf, found) {
    let received = Buffer.alloc(0);
    stream.on('data', (data) => {
        received = Buffer.concat([received, data]);
        while (received.length >= headLength && received.length >= headLength + lengthOf(received)) {
            const end = headLength + lengthOf(received);
            found(received.subarray(0, headLength), received.subarray(headLength, end));
            received = received.subarray(end);
        }
    });
}

const server = createServer().listen(vpcdPort, '127.0.0.1');
await once(server, 'listening');
const child = spawn(pivcard[0], pivcard.slice(1), { stdio: 'inherit' });
child.once('exit', () => process.exit());
process.once('exit', () => child.kill());
process.once('SIGTERM', () => process.exit());
const [card] = await once(server, 'connection');
const machine = connect(socketPath);
await once(machine, 'connect');
machine.once('close', () => process.exit());

const tellCard = (bytes) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    card.write(Buffer.concat([length, bytes]));
};
const tellMachine = (type, bytes) => {
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(type, 0);
    head.writeUInt32BE(bytes.length, 8);
    machine.write(Buffer.concat([head, bytes]));
};

/* QEMU's reader hands on what T=0 sends: after a command with data an answer with data waits for
 * GET RESPONSE. */
let waiting = Buffer.alloc(0);
let status;
let command;
const takeWaiting = (count) => {
    const taken = waiting.subarray(0, count);
    waiting = waiting.subarray(count);
    return Buffer.concat([taken, waiting.length ? moreBytes(waiting.length) : status]);
};
const answerOf = (response) => {
    if (command.length <= caseTwoBytes || response.length === statusBytes) {
        return response;
    }
    waiting = response.subarray(0, -statusBytes);
    status = response.subarray(-statusBytes);
    return moreBytes(waiting.length);
};

cut(card, 2, (head) => head.readUInt16BE(0), (head, bytes) => {
    if (command) {
        tellMachine(message.apdu, answerOf(bytes));
    } else {
        tellMachine(message.atr, atrOfT0);
    }
});
cut(machine, headBytes, (head) => head.readUInt32BE(8), (head, bytes) => {
    if (head.readUInt32BE(0) !== message.apdu) {
        return;
    }
    command = bytes;
    if (bytes[1] === getResponse && waiting.length) {
        tellMachine(message.apdu, takeWaiting(bytes[4] || 256));
    } else {
        waiting = Buffer.alloc(0);
        tellCard(bytes);
    }
});
tellCard(resetCard);
tellCard(askForAtr);
