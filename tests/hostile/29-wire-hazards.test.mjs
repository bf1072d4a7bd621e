/* Hazards of the ServiSign protocol itself, and of the machine around it: values that are decoded
 * twice, answers that a value could break out of, connections in clear, a disk that is full, a
 * certificate at its end. R10, T-44, T-47, T-48, T-53. */
import '../lib/plain.mjs';

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { programs } from '../lib/sandbox.mjs';
import { Connection, formBody, readAnswer, toBase64 } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';
import { skipOtherUser } from './nobody.mjs';

describe('the protocol', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon({ pinentry: '/bin/false' });
        page = await daemon.openCardPage();
    });

    after(() => daemon?.stop());

    const put = async (value, members = {}) => {
        const call = { channel: 'c', domain_list: 'x.example', timeout: '9', value, ...members };
        assert.equal((await page.ask('setServiSignValue', call)).result, '0');
        return (await page.ask('getServiSignValue', { channel: 'c' })).result;
    };

    for (const value of [
        '","result":"x', '\\","a":"', '"}{"', '</script><script>', '\u2028\u2029', '\\u0022',
        '\r\n\r\nHTTP/1.1 200 OK', '%s%n', "';alert(1)//",
    ]) {
        test(`gives ${JSON.stringify(value)} back as it is, inside its answer`, async () => {
            assert.equal(await put(value), value);
        });
    }

    for (const value of ['aHR0cA==', '%2541', '%41', '==ServiSignSlash==', '*', 'a+b', '\\']) {
        test(`decodes ${value} once`, async () => {
            assert.equal(await put(value), value);
            const signature = await page.call('GPKI_SignData', daemon.pin, value, '', 0, 4);
            await assertSigned(signature, daemon.sandbox.hierarchy, value);
        });
    }

    test('has no keys of a page, and no answer that one could choose', async () => {
        for (const members of [
            { public_key_hex: '04'.repeat(65) }, { hide_result: true },
            { KeepAlive: true, ServiSignMainThread: true },
        ]) {
            const { result } = await page.ask('GPKI_GetSlotCount', members);
            assert.equal(result, '1', Object.keys(members)[0]);
        }
        assert.match((await page.ask('Echo', {}, { sessionid: 'f'.repeat(32) })).SessionID,
            /^(?!f{32})[0-9a-f]{32}$/);
    });

    test('is never spoken in clear', async () => {
        const lines = await daemon.logOf(async () => {
            for (const bytes of [
                page.requestBytes(formBody(page.buildCall('GPKI_DetectCard', [0]))),
                'GET / HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\0'.repeat(4096),
            ]) {
                const plain = new Connection(connectTcp(page.port, '127.0.0.1'));
                await plain.write(bytes);
                assert.doesNotMatch(`${await plain.closed()}`, /HTTP|result/);
            }
        });
        assert.doesNotMatch(lines.join('\n'), /call:/);
    });
});

describe('hufud', { skip: skipDaemon('unshare', 'openssl') || skipOtherUser }, () => {
    let daemon;
    let windows;
    const signs = async () => {
        const page = await daemon.openPage();
        const signature = await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
        await assertSigned(signature, daemon.sandbox.hierarchy, 'x');
        page.close();
    };
    const stop = async () => {
        process.kill(daemon.pid, 'SIGTERM');
        await until('the end', () => !daemon.isRunning);
    };
    /* Runs hufud where `script`, with HOME, has changed what is mounted. */
    const mounted = (script) => ({ command: 'unshare', options: [
        '--mount', 'sh', '-c', `${script} && exec "$0" "$@"`, join(programs, 'hufud')] });

    /* Wrong PINs cannot be counted there, so a page's PIN is not tried: a person types it. */
    const signsByHand = async () => {
        const page = await daemon.openPage();
        const signature = page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
        await windows.type(daemon.pin);
        await assertSigned(await signature, daemon.sandbox.hierarchy, 'x');
        page.close();
    };

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--no-daemon'] });
        windows = new Windows(daemon);
    });

    afterEach(() => daemon.isRunning && stop());

    after(() => daemon?.stop());

    test('without room for its certificate says so and ends', async () => {
        const child = daemon.start(mounted('mkdir -p "$HOME/.local" && mount -t tmpfs -o size=4k '
            + 'hufu "$HOME/.local" && { head -c 99999 /dev/zero >"$HOME/.local/fill"; true; }'));
        await until('its end', () => child.exitCode !== null || child.signalCode !== null);
        assert.equal(child.exitCode, 1, daemon.log.join('\n'));
        assert.match(daemon.log.join('\n'), /hufud: cannot start: /);
    });

    test('signs without a folder for this session', async () => {
        await daemon.startAndWait({ env: { XDG_RUNTIME_DIR: '/nowhere' } });
        await signs();
    });

    test('signs in a home that cannot be written, with the PIN of a window', async () => {
        mkdirSync(windows.place, { recursive: true });
        await daemon.startAndWait(mounted('mount --bind "$HOME" "$HOME" && cd "$HOME/.config" && '
            + 'mount --bind hufu-test hufu-test && mount -o remount,bind,ro "$HOME"'));
        await signsByHand();
    });

    test('signs on a full disk, and says once that it keeps no log', async () => {
        const before = daemon.log.length;
        const state = '"$HOME/.local/state"';
        await daemon.startAndWait(mounted(`mkdir -p ${state} && mount -t tmpfs -o size=4k hufu `
            + `${state} && mkdir ${state}/hufu && { head -c 99999 /dev/zero >${state}/x; true; }`));
        await signsByHand();
        await signsByHand();
        const lines = daemon.log.slice(before).filter((line) => line.includes('use log'));
        assert.equal(lines.length, 1, lines.join('\n'));
    });

    for (const days of [1, 3650]) {
        test(`replaces a certificate that is good for ${days} days when it must`, async () => {
            const key = daemon.certificate.replace(/pem$/, 'key');
            mkdirSync(join(daemon.sandbox.home, '.local/share/hufu/tls'), { recursive: true });
            const { status } = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
                'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', daemon.certificate,
                '-subj', '/CN=x', '-days', `${days}`, '-addext',
                'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1']);
            assert.equal(status, 0);
            const old = readFileSync(daemon.certificate, 'utf8');
            const isOld = () => readFileSync(daemon.certificate, 'utf8') === old;
            await daemon.startAndWait();
            if (days < 90) {
                await until('another certificate', () => !isOld());
                await until('its use', () => daemon.openPage().then((page) => page.close() ?? true,
                    () => false));
            }
            await signs();
            assert.equal(isOld(), days > 90);
        });
    }

    test('answers the same on both addresses', async () => {
        await daemon.startAndWait();
        const answers = [];
        for (const address of ['127.0.0.1', '::1']) {
            const page = daemon.newPage({ address });
            const { status, headers, body } = await page.post(
                formBody({ functionname: 'Echo', ...page.trailer() }));
            const { SessionID, ...rest } = readAnswer({ body });
            answers.push({ status, rest, headers: headers.filter(([name]) => name !== 'Date') });
            page.close();
        }
        assert.deepEqual(answers[0], answers[1]);
    });
});
