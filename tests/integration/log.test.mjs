/* `hufu log`: what each website did with the card, for the person whose card it is. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
    mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { portalOrigin } from '../lib/servisign.mjs';

const run = promisify(execFile);
const otherOrigin = 'https://other.example.tw';

const fileOf = (daemon) => join(daemon.sandbox.home, '.local/state/hufu/use.log');

/* Resolves with { code, stdout, stderr } of `hufu log`, in Chinese where `language` says so. */
async function hufuLog(daemon, args = [], language = 'C.UTF-8') {
    const env = { ...daemon.sandbox.env(), LC_ALL: language };
    return run(join(daemon.sandbox.bin, 'hufu'), ['log', ...args], { env })
        .then((output) => ({ code: 0, ...output }), (error) => error);
}

/* The events since the last `from` ones, without their times. */
async function eventsOf(daemon, from = 0, args = []) {
    const { events } = JSON.parse((await hufuLog(daemon, ['--json', ...args])).stdout);
    return events.slice(from).map(({ time, ...event }) => event);
}

const event = (use, code = 0, origin = portalOrigin) => ({ origin, use, code, ok: code === 0 });

describe('the use log', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        await daemon.configure({ sites: [portalOrigin, otherOrigin] });
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    test('is there from the start, for its owner alone', async () => {
        assert.equal(statSync(fileOf(daemon)).mode & 0o777, 0o600);
        assert.deepEqual(await eventsOf(daemon), []);
        assert.equal((await hufuLog(daemon)).stdout, 'No website has used your card.\n');
    });

    test('has what a page did, and when', async () => {
        const secret = 'a text that nobody else may read';
        await page.call('GPKI_GetSlotCount');
        await page.call('GPKI_EnumCerts', 0);
        assert.notEqual(await page.call('GPKI_SignData', daemon.pin, secret, '', 0, 4), '');
        await page.call('GPKI_VerifyPIN', '654321', 0);
        assert.deepEqual(await eventsOf(daemon),
            [event('see'), event('read'), event('sign'), event('sign', 9039)]);
        const { events } = JSON.parse((await hufuLog(daemon, ['--json'])).stdout);
        assert.ok(Math.abs(new Date(events.at(-1).time) - Date.now()) < 60_000);
        const text = readFileSync(fileOf(daemon), 'utf8');
        for (const hidden of [daemon.pin, '654321', secret, '王測試', 'GPKI', 'HiCOS']) {
            assert.ok(!text.includes(hidden), hidden);
        }
    });

    test('has one look for a card for each session', async () => {
        const from = (await eventsOf(daemon)).length;
        for (let i = 0; i < 3; i += 1) {
            await page.call('GPKI_DetectCard', 0);
        }
        const fresh = await daemon.openPage({ origin: otherOrigin });
        for (let i = 0; i < 3; i += 1) {
            await fresh.call('GPKI_GetSlotCount');
        }
        assert.deepEqual(await eventsOf(daemon, from), [event('see', 0, otherOrigin)]);
    });

    test('has nothing of what needs no card', async () => {
        const from = (await eventsOf(daemon)).length;
        await page.echo();
        await page.lastError();
        await page.call('NoSuchFunction');
        assert.deepEqual(await eventsOf(daemon, from), []);
    });

    test('--site shows one website', async () => {
        assert.deepEqual(await eventsOf(daemon, 0, ['--site', otherOrigin]),
            [event('see', 0, otherOrigin)]);
        assert.deepEqual(await eventsOf(daemon, 0, ['--site', 'https://none.example']), []);
    });

    test('is told to people in their language, newest last', async () => {
        const line = (words) => new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  ${words}$`);
        const english = (await hufuLog(daemon)).stdout.trimEnd().split('\n');
        assert.match(english[2], line(`${portalOrigin}  sign  done`));
        assert.match(english[3], line(`${portalOrigin}  sign  9039 The PIN is wrong\\.`));
        assert.match(english.at(-1), line(`${otherOrigin}  look for a card  done`));
        const chinese = (await hufuLog(daemon, [], 'zh_TW.UTF-8')).stdout.trimEnd().split('\n');
        assert.match(chinese[1], line(`${portalOrigin}  讀取憑證  完成`));
        assert.match(chinese[2], line(`${portalOrigin}  簽章  完成`));
        assert.match(chinese[3], line(`${portalOrigin}  簽章  9039 PIN 碼錯誤。`));
    });

    test('goes on in a new file when its owner removed the old one', async () => {
        rmSync(fileOf(daemon));
        await page.call('GPKI_EnumCerts', 0);
        assert.deepEqual(await eventsOf(daemon), [event('read')]);
    });
});

describe('a use log that cannot be', { skip: skipDaemon() }, () => {
    test('written is told once, and hufud goes on', async () => {
        const daemon = await startDaemon({ more: ['--no-daemon'] });
        try {
            mkdirSync(fileOf(daemon), { recursive: true }); /* a folder in its place */
            await daemon.startAndWait();
            const page = await daemon.openPage();
            assert.notEqual(await page.call('GPKI_EnumCerts', 0), '');
            assert.notEqual(await page.call('GPKI_EnumCerts', 0), '');
            assert.equal(daemon.log.filter((line) => /use log/.test(line)).length, 1);
            const { code, stderr } = await hufuLog(daemon);
            assert.deepEqual([code, stderr.split(' ')[0]], [1, 'hufu:']);
            rmdirSync(fileOf(daemon));
            await page.call('GPKI_EnumCerts', 0);
            assert.deepEqual(await eventsOf(daemon), [event('read')]);
        } finally {
            await daemon.stop();
        }
    });
});

describe('hufu log', { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
        mkdirSync(dirname(fileOf(daemon)), { recursive: true });
    });

    after(() => daemon?.stop());

    const good = `2026-11-24T14:03:05+08:00 sign ${portalOrigin} 0\n`;

    for (const [what, bytes] of [
        ['is cut', `${good}2026-11-24T14:03:06+08:00 sign https://portal.exa`],
        ['has control characters', `${good}2026-11-24T14:03:06+08:00 sign \x1b]0;x\x07 0\n`],
        ['has NULs', `\0\0\0\n${good}\0`],
        ['has another code page', Buffer.from(`${good}\xff\xfe\xa4\xa4\n`, 'latin1')],
        ['has a long line', `${'x'.repeat(200_000)}\n${good}`],
        ['has unknown uses', `2026-11-24T14:03:05+08:00 fly ${portalOrigin} 0\n${good}`],
        ['is not a log', `{"events":[]}\n\n\n${good}<script>\n`],
    ]) {
        test(`reads what is whole in a file that ${what}`, async () => {
            writeFileSync(fileOf(daemon), bytes);
            assert.deepEqual(await eventsOf(daemon), [event('sign')]);
            const { stdout } = await hufuLog(daemon);
            assert.equal(stdout, `2026-11-24 14:03  ${portalOrigin}  sign  done\n`);
        });
    }

    test('refuses a file that is larger than hufud would write it', async () => {
        writeFileSync(fileOf(daemon), Buffer.alloc(256 * 1024 + 1, '\n'));
        const { code, stdout, stderr } = await hufuLog(daemon);
        assert.deepEqual([code, stdout], [1, '']);
        assert.match(stderr, /^hufu: .*use\.log/);
    });

    test('shows two full files', async () => {
        const lines = Math.floor(256 * 1024 / good.length);
        writeFileSync(fileOf(daemon), good.repeat(lines));
        writeFileSync(`${fileOf(daemon)}.1`, good.repeat(lines));
        assert.equal((await eventsOf(daemon)).length, 2 * lines);
        rmSync(`${fileOf(daemon)}.1`);
    });

    test('says what it takes', async () => {
        for (const args of [['--site'], ['--site', 'portal.example.tw'], ['--all'], ['more']]) {
            const { code, stderr } = await hufuLog(daemon, args);
            assert.deepEqual([code, stderr.split('\n')[0]],
                [2, 'Usage: hufu log [--site ORIGIN] [--json]']);
        }
        assert.match((await hufuLog(daemon, ['--help'], 'zh_TW.UTF-8')).stdout, /^用法：hufu log/);
    });
});
