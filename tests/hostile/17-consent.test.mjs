/* Row 17: a site is taken for another one, or a person is worn out until the answer is yes. T-17,
 * T-58. The windows are those of tests/lib/pinentry; the last suite has a real one. */
import assert from 'node:assert/strict';
import {
    chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Setting, newSite as origin, saidNo, visit } from '../lib/consent.mjs';
import { isAlive, skipDaemon, until } from '../lib/daemon.mjs';
import { add, changedRequest, sendToEnd, set } from '../lib/requests.mjs';
import {
    formBody, pageHeaders, portalOrigin, readAnswer, requestBytes,
} from '../lib/servisign.mjs';
import { displayPrograms, startDisplay } from '../lib/xvfb.mjs';

const neighbour = 'https://other.example.tw';
const own = new Setting();

describe('a site that nobody knows', { skip: skipDaemon() }, () => {
    beforeEach(async () => {
        await own.start();
        await own.reset();
    });

    afterEach(() => own.daemon?.stop());

    const long = `https://www.gov.tw.${'a'.repeat(63)}.${'b'.repeat(54)}.evil.example`;

    for (const [what, from, shown] of [
        ['in letters of another alphabet', 'https://xn--80ak6aa92e.com',
            'https://xn--80ak6aa92e.com (аррӏе.com)'],
        ['with one such letter', 'https://www.xn--gv-fmc.tw', 'https://www.xn--gv-fmc.tw (www.gоv.tw)'],
        ['with letters that do not show', 'https://xn--gov-gn0a.tw', 'https://xn--gov-gn0a.tw'],
        ['in punycode that is none', 'https://xn--a.tw', 'https://xn--a.tw'],
        ['in 150 characters', long, `https://www.gov…${'b'.repeat(35)}.evil.example`],
        ['with a port', `${origin}:65535`, `${origin}:65535`],
    ]) {
        test(`${what} is shown as it is`, async () => {
            const status = visit(own.page(from));
            const { SETDESC } = own.questions.textsOf(await own.questions.one());
            assert.equal(SETDESC.split('\n')[0], `Website: ${shown}`);
            await own.answer('no');
            assert.equal(await status, saidNo);
        });
    }

    test('with a longer name is refused without a window', async () => {
        assert.equal(long.length, 150);
        assert.equal(await visit(own.page(long.replace('aa', 'aaa'))), 403);
        assert.equal(own.questions.count, 0);
    });

    test('writes no word into the window', async () => {
        const page = own.page();
        const word = 'Zq7 free of charge\nWebsite: https://www.gov.tw%0ASETDESC';
        const call = { functionname: 'ServiSignEcho', ...page.trailer() };
        const body = formBody(Object.fromEntries(Object.entries({ ...call, title: '', text: '' })
            .map(([name, value]) => [name, name === 'functionname' ? value : word])));
        const headers = ['User-Agent', 'Accept-Language', 'Cookie', 'X-Title'].map((name) => (
            add(name, word.replace('\n', ' '))));
        const all = { body, headers: (list) => [...headers, set('Referer', `${origin}/${word}`)]
            .reduce((rows, change) => change.headers(rows), list).map(
                ([name, value]) => [name, value.replace('\n', ' ')]) };
        const status = sendToEnd(page, changedRequest(page, all)).catch(() => ({ status: 'closed' }));
        const texts = own.questions.textsOf(await own.questions.one());
        assert.doesNotMatch(JSON.stringify(texts), /Zq7|charge|gov|%/);
        assert.deepEqual(texts.SETDESC.match(/^Website: .*/gm), [`Website: ${origin}`]);
        await own.answer('no');
        const { status: code, body: answer } = await status;
        assert.deepEqual([code, readAnswer({ body: answer })], [200, { result: `${saidNo}` }]);
    });

    test('opens no window with less than a call', async () => {
        const page = own.page();
        const { host } = page;
        for (const changes of [{ method: 'OPTIONS' }, { target: '/x' }, { method: 'GET' }]) {
            const connection = await page.connect();
            const headers = pageHeaders({ host, origin, length: 0 });
            const { status } = await connection.exchange(requestBytes({ headers, ...changes }));
            assert.ok(status === 403 || status === 405);
        }
        assert.equal(own.questions.count, 0);
    });

    test('opens one window with 50 requests at once', async () => {
        const pages = Array.from({ length: 50 }, () => own.page());
        const first = Promise.all(pages.map(visit));
        await own.questions.one();
        await sleep(300); /* all of them wait now */
        await own.answer('always');
        assert.deepEqual(new Set(await first), new Set([200]));
        assert.deepEqual(new Set(await Promise.all(pages.map(visit))), new Set([200]));
        assert.equal(own.questions.count, 1);
    });

    test('learns nothing while its window is open, and others go on', async () => {
        const page = own.page();
        const connection = await page.connect();
        const body = formBody({ functionname: 'ServiSignEcho', ...page.trailer() });
        await connection.write(page.requestBytes(body));
        let heard = 0;
        connection.socket.on('data', ({ length }) => {
            heard += length;
        });
        await own.questions.one();
        const portal = await own.daemon.openPage({ origin: portalOrigin });
        for (let i = 0; i < 5; i += 1) {
            assert.equal(await portal.call('GPKI_GetSlotCount'), '1');
        }
        assert.equal(heard, 0);
        await own.answer('no');
        assert.deepEqual(readAnswer(await connection.receive()), { result: `${saidNo}` });
    });

    test('waits until the window of another one is closed', async () => {
        const first = visit(own.page());
        await own.questions.one();
        const second = visit(own.page(neighbour));
        await sleep(300);
        assert.match(own.questions.textsOf(await own.questions.one()).SETDESC, /new\.example/);
        await own.answer('always');
        assert.equal(await first, 200);
        assert.match(own.questions.textsOf(await own.questions.one()).SETDESC, /other\.example/);
        await own.answer('no');
        assert.equal(await second, saidNo);
    });

    test('is not allowed by an answer that comes too soon', async () => {
        const status = visit(own.page());
        for (let i = 0; i < 3; i += 1) {
            const window = await own.questions.one();
            own.questions.answer(window, 'always');
            await until('the end of the window', () => !own.questions.open.includes(window));
        }
        assert.equal(await status, 403);
        assert.equal(own.questions.count, 3);
        assert.equal(existsSync(own.answers), false);
    });

    test('that was refused three times stays so, and nobody is asked for a minute', async () => {
        for (let i = 0; i < 3; i += 1) {
            const status = visit(own.page());
            await own.answer('no');
            assert.equal(await status, saidNo);
            await sleep(3100); /* HUFU_CONSENT_HOLD_MS */
        }
        assert.match(readFileSync(own.answers, 'utf8'), /^refuse = https:\/\/new\.example\.tw /m);
        assert.match(own.daemon.log.join('\n'),
            /to undo: hufu sites forget https:\/\/new\.example\.tw$/m);
        assert.equal(await visit(own.page(neighbour)), 403);
        assert.equal(own.questions.count, 3);
    });

    test('cannot wear a person out under many names', async () => {
        for (let i = 0; i < 3; i += 1) {
            const status = visit(own.page(`https://n${i}.example.tw`));
            await own.answer('no');
            assert.equal(await status, saidNo);
        }
        for (let i = 0; i < 20; i += 1) {
            assert.equal(await visit(own.page(`https://m${i}.example.tw`)), 403);
        }
        assert.equal(own.questions.count, 3);
    });

    test('takes its window along when it goes away', async () => {
        const [page, other] = [own.page(), own.page()];
        const statuses = [visit(page), visit(other)].map((status) => status.catch(() => 'gone'));
        const window = await own.questions.one();
        await sleep(300);
        page.close();
        await sleep(300);
        assert.ok(isAlive(window), 'the other one waits');
        other.close();
        await until('the end of the window', () => !isAlive(window));
        assert.deepEqual(await Promise.all(statuses), ['gone', 'gone']);
        const again = visit(own.page());
        await own.answer('always');
        assert.equal(await again, 200);
    });
});

describe('the file of answers', { skip: skipDaemon() }, () => {
    const statusOf = (from) => visit(own.page(from));

    before(() => own.start());

    beforeEach(() => own.reset({ ask: false }));

    after(() => own.daemon?.stop());

    /* So many sites, and the portal's row of hufu.ini besides. */
    function writeSites(count) {
        const rows = Array.from({ length: count }, (_, i) => `allow = https://s${i}.example.tw`);
        mkdirSync(dirname(own.answers), { recursive: true, mode: 0o700 });
        const text = ['[sites]', ...rows, ''].join('\n');
        writeFileSync(`${own.answers}.new`, text, { mode: 0o600 });
        renameSync(`${own.answers}.new`, own.answers);
    }

    for (const count of [1000, 1023]) {
        test(`with ${count} sites is obeyed to the last`, async () => {
            writeSites(count);
            await until('allowed', async () => (
                await statusOf(`https://s${count - 1}.example.tw`) === 200));
            assert.equal(await statusOf('https://s0.example.tw'), 200);
            assert.equal(await statusOf(portalOrigin), 200);
            assert.equal(await statusOf(`https://s${count}.example.tw`), 403);
        });
    }

    test('with one more than there may be allows nobody', async () => {
        writeSites(1024);
        await until('refused', async () => await statusOf(portalOrigin) === 403);
        assert.equal(await statusOf('https://s0.example.tw'), 403);
        assert.equal(own.daemon.workers.length > 0, true);
    });

    const spoilt = {
        'cannot be understood': (file) => writeFileSync(file, '[sites]\nalow = x\n'),
        'ends in the middle of a row': (file) => (
            writeFileSync(file, `[sites]\nallow = ${origin}\nallow = https:`)),
        'is noise': (file) => writeFileSync(file, Buffer.from([0, 255, 1, 10, 91, 0, 10])),
        'has a row of another section': (file) => (
            writeFileSync(file, `[sites]\nallow = ${origin}\n[pin]\nprogram = /bin/sh\n`)),
        'says who is asked': (file) => writeFileSync(file, '[sites]\nask = yes\n'),
        'others may read': (file) => chmodSync(file, 0o640),
        'is a folder': (file) => {
            rmSync(file);
            mkdirSync(file);
        },
        'is a link': (file) => {
            renameSync(file, `${file}.real`);
            symlinkSync(`${file}.real`, file);
        },
        'others may replace': (file) => {
            chmodSync(dirname(file), 0o770);
            writeFileSync(file, readFileSync(file));
        },
    };

    for (const [what, spoil] of Object.entries(spoilt)) {
        test(`that ${what} allows nobody`, async (t) => {
            t.after(() => chmodSync(dirname(own.answers), 0o700));
            await own.hufu('sites', 'allow', origin);
            await until('allowed', async () => await statusOf(origin) === 200);
            spoil(own.answers);
            await until('refused', async () => await statusOf(origin) === 403);
            assert.equal(await statusOf(portalOrigin), 403);
            assert.match(own.daemon.log.join('\n'), /sites: .*\(61914\): .*hufu/);
            await assert.rejects(own.hufu('sites', 'list'), ({ code, stderr }) => (
                code === 1 && /61914/.test(stderr)));
            const json = await own.hufu('sites', 'list', '--json').catch(({ stdout }) => stdout);
            assert.match(JSON.parse(json).problem, /hufu/);
            chmodSync(dirname(own.answers), 0o700);
            rmSync(own.answers, { recursive: true });
            await until('allowed', async () => await statusOf(portalOrigin) === 200);
        });
    }
});

describe('a real window', { skip: skipDaemon('pinentry-qt', ...displayPrograms) }, () => {
    const title = '虎符 Hufu';
    let display;

    before(async () => {
        display = await startDisplay();
        await own.start({ pinentry: '/usr/bin/pinentry-qt', display: display.name });
        await own.reset({ pin: { program: '/usr/bin/pinentry-qt' } });
    });

    after(async () => {
        await own.daemon?.stop();
        await display?.stop();
    });

    for (const key of ['Return', 'Escape', 'space']) {
        test(`refuses with ${key}`, async () => {
            const status = visit(own.page(`https://${key.toLowerCase()}.example.tw`));
            await display.waitWindow(title);
            await display.key(key);
            assert.equal(await status, saidNo);
            await display.waitNoWindow(title);
        });
    }
});
