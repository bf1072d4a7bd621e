/* What can stand between a browser and hufud: each listens on a free loopback port. */
import { readFileSync } from 'node:fs';
import { createServer as createWebServer, request } from 'node:https';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';

/* Resolves with { port, close() } once it listens. */
function listen(server) {
    const sockets = new Set();
    server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
    });
    const close = () => new Promise((resolve) => {
        server.close(resolve);
        sockets.forEach((socket) => socket.destroy());
    });
    return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port, close }));
    });
}

/* A port forwarder, as of ssh or a virtual machine: it passes bytes on. */
export function startForwarder(daemon) {
    return listen(createServer((socket) => {
        const onward = connect(daemon.port, '127.0.0.1');
        onward.on('error', () => socket.destroy());
        socket.on('close', () => onward.destroy());
        socket.pipe(onward).pipe(socket);
    }));
}

/* A proxy that reads along, as security programs do with the person's own certificate: it says so in
 * a header Via, which a page may see. */
export function startProxy(daemon) {
    const key = readFileSync(join(dirname(daemon.certificate), 'leaf.key'));
    const cert = readFileSync(daemon.certificate);
    return listen(createWebServer({ key, cert }, (incoming, outgoing) => {
        const onward = request({
            host: '127.0.0.1', port: daemon.port, servername: 'localhost', ca: cert,
            method: incoming.method, path: incoming.url,
            headers: { ...incoming.headers, host: `localhost:${daemon.port}` },
        }, (answer) => {
            outgoing.writeHead(answer.statusCode, {
                ...answer.headers, 'Via': '1.1 proxy.example', 'Access-Control-Expose-Headers': 'Via',
            });
            answer.pipe(outgoing);
        });
        onward.on('error', () => outgoing.destroy());
        incoming.pipe(onward);
    }));
}
