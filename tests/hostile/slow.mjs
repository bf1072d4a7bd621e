/* Slow clients in a process of their own: node slow.mjs PORT COUNT. Each does one of these for ever,
 * and begins anew, after a second, when hufud ends its connection. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

const tickMs = 1000;
const head = (port, length) => `POST / HTTP/1.1\r\nHost: localhost:${port}\r\n`
    + 'Origin: https://portal.example.tw\r\nSec-Fetch-Mode: cors\r\n'
    + `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${length}\r\n\r\n`;

const kinds = {
    headers: (socket, port) => ({ first: head(port, 1).slice(0, -2), then: 'X-Slow: 1\r\n' }),
    body: (socket, port) => ({ first: head(port, 1_000_000), then: 'P' }),
    reading: (socket, port) => { /* asks, and takes no answer */
        socket.pause();
        return { first: `${head(port, 1)}x`.repeat(500), then: '' };
    },
    silence: () => ({ first: '', then: '' }),
    handshake: () => ({ first: Buffer.from('160301020001', 'hex'), then: Buffer.of(0) }),
};

function attack(kind, port) {
    const again = () => setTimeout(attack, tickMs, kind, port);
    const tcp = kind === 'handshake';
    const socket = tcp ? connectTcp(port, '127.0.0.1')
        : connect({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'localhost' });
    let timer;
    socket.on('error', () => {});
    socket.on('close', () => {
        clearInterval(timer);
        again();
    });
    socket.on(tcp ? 'connect' : 'secureConnect', () => {
        const { first, then } = kinds[kind](socket, port);
        socket.write(first);
        timer = setInterval(() => socket.write(then), tickMs);
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [port, count] = process.argv.slice(2).map(Number);
    for (let i = 0; i < count; i += 1) {
        setTimeout(attack, i * 5, Object.keys(kinds)[i % Object.keys(kinds).length], port);
    }
}

/* Resolves with an end() for all of them. */
export async function startSlowClients(port, count) {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), port, count],
        { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'spawn');
    return {
        end: async () => {
            child.kill('SIGKILL');
            await once(child, 'exit');
        },
    };
}
