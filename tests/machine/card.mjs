/* card.mjs SOCKET PIVCARD CITIZEN: puts a pivcard into the reader of a QEMU machine: what QEMU's
 * ccid-card-passthru says on SOCKET becomes what the card knows, the protocol of vpcd. It needs a
 * loopback network of its own, as the port of vpcd is always the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const [, , socketPath, ...command] = process.argv;

/* vpcd: two bytes of length, then a command for the card or one of these bytes. */
const vpcdPort = 35963;
const resetCard = Buffer.from([2]);
const askForAtr = Buffer.from([4]);

/* QEMU's docs/specs and hw/usb/ccid-card-passthru: type, reader and length, 32 bits each. */
const message = { atr: 5, apdu: 7 };
const headBytes = 12;

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
const child = spawn(command[0], command.slice(1), { stdio: 'inherit' });
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

let asked = message.atr;
cut(card, 2, (head) => head.readUInt16BE(0), (head, bytes) => {
    tellMachine(asked, bytes);
    asked = message.apdu;
});
cut(machine, headBytes, (head) => head.readUInt32BE(8), (head, bytes) => {
    if (head.readUInt32BE(0) === message.apdu) {
        tellCard(bytes);
    }
});
tellCard(resetCard);
tellCard(askForAtr);
