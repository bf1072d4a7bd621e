/* Certificates that end while hufud runs: pages meet the next one and never an expired one. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';

import { childrenOf, isAtRestAgain, nameOf, skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { writeLeaf } from '../lib/leaf.mjs';

const handshakeSeconds = 5;

describe('a certificate that ends', { skip: skipDaemon() }, () => {
    let daemon;
    let folder;
    let pid;
    let watch;

    /* The watch, stopped between two of its runs: hufud waits for the first one. */
    function stopWatch() {
        const found = childrenOf(daemon.monitor).find((child) => nameOf(child) === 'hufu-watch');
        if (!found || !isAtRestAgain(found)) {
            return undefined;
        }
        process.kill(found, 'SIGSTOP');
        if (childrenOf(found).length === 0) {
            return found;
        }
        process.kill(found, 'SIGCONT');
        return undefined;
    }

    /* What watches the certificates would renew them under our hands; so it hangs. */
    before(async () => {
        daemon = await startDaemon();
        folder = dirname(daemon.certificate);
        pid = daemon.pid;
        watch = await until('a watch at rest', stopWatch);
    });

    after(async () => {
        if (watch) {
            process.kill(watch, 'SIGCONT');
        }
        assert.equal(daemon?.pid, pid);
        await daemon?.stop();
    });

    const fingerprint = (name) => (
        new X509Certificate(readFileSync(join(folder, name))).fingerprint256);

    const dial = () => connect(
        { port: daemon.port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });

    /* Resolves with the certificate that is served. */
    async function served() {
        const start = Date.now();
        const socket = dial();
        await once(socket, 'secureConnect');
        const { fingerprint256, valid_to: end } = socket.getPeerCertificate();
        socket.destroy();
        assert.ok(start < Date.parse(end) + 1000, `expired ${end}`); /* the last second counts */
        return fingerprint256;
    }

    const seconds = (count) => Date.now() + count * 1000;

    beforeEach(() => {
        writeLeaf(folder, 'leaf', seconds(700 * 86400));
        writeLeaf(folder, 'next', seconds(700 * 86400));
    });

    test('is followed by the next one, without a word to hufud', async () => {
        const end = seconds(4);
        writeLeaf(folder, 'leaf', end);
        await daemon.reload();
        assert.equal(await served(), fingerprint('leaf.pem'));
        const early = served();
        await until('the next one', async () => await served() === fingerprint('next.pem'));
        assert.ok(Date.now() >= end - 1000);
        assert.equal(await early, fingerprint('leaf.pem'));
    });

    /* The folder is another user's, and so `hufu trust install` renews nothing. */
    describe('and that nobody renews', { skip: process.getuid() !== 0 && 'needs root' }, () => {
        beforeEach(async () => {
            const end = seconds(3);
            chownSync(folder, 1, 1);
            ['leaf', 'next'].forEach((name) => writeLeaf(folder, name, end));
            await daemon.reload();
            assert.equal(await served(), fingerprint('leaf.pem'));
            await sleep(end + 1000 - Date.now());
        });

        afterEach(() => chownSync(folder, 0, 0));

        /* The socket's bytes are counted: an alert or a certificate would be among them. */
        const bytesUntilClosed = async () => {
            const socket = connectTcp(daemon.port, '127.0.0.1');
            const client = connect({ socket, servername: 'localhost', rejectUnauthorized: false });
            client.on('error', () => {});
            await new Promise((resolve) => { client.on('close', resolve); });
            return socket.bytesRead;
        };

        test('is not shown, and the page is let go', async () => {
            const start = Date.now();
            const line = /no certificate is valid now: pages wait/;
            assert.equal((await daemon.logOf(async () => {
                assert.equal(await bytesUntilClosed(), 0);
                assert.equal(await bytesUntilClosed(), 0);
            }, line)).filter((text) => line.test(text)).length, 1);
            assert.ok(Date.now() - start >= 2 * handshakeSeconds * 1000);
        });

        test('is not shown, and the page waits for a new one', async () => {
            const waiting = [served(), served()];
            await until('the pause', () => daemon.log.at(-1).includes('no certificate is valid'));
            chownSync(folder, 0, 0);
            writeLeaf(folder, 'leaf', seconds(700 * 86400));
            await daemon.reload();
            for (const shown of await Promise.all(waiting)) {
                assert.equal(shown, fingerprint('leaf.pem'));
            }
        });
    });
});
