/* What a person is asked about a site, and what becomes of each answer; what means harm is in
 * tests/hostile/17-consent.test.mjs. The windows are those of tests/lib/pinentry; the last suite has
 * a real one. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import {
    Setting, armed, echoOf, newSite as origin, saidNo, visit,
} from '../lib/consent.mjs';
import { isAlive, skipDaemon, until } from '../lib/daemon.mjs';
import { pageHeaders, portalOrigin, readAnswer, requestBytes } from '../lib/servisign.mjs';
import { Windows } from '../lib/windows.mjs';
import { displayPrograms, startDisplay } from '../lib/xvfb.mjs';

const neighbour = 'https://other.example.tw';
const sign = (pin) => ['GPKI_SignData', pin, 'x', '', 0, 4];

describe('an unknown site', { skip: skipDaemon() }, () => {
    const own = new Setting();

    beforeEach(async () => {
        await own.start();
        await own.reset();
    });

    test('is asked about with its origin, and nothing of its page', async (t) => {
        t.after(() => own.daemon.stop());
        const status = visit(own.page('https://xn--mxtq1m.example.tw:8443'));
        const window = await own.questions.one();
        const texts = own.questions.textsOf(window);
        assert.equal(texts.SETTITLE, '虎符 Hufu');
        assert.equal(texts.SETDESC, [
            'Website: https://xn--mxtq1m.example.tw:8443 (政府.example.tw)',
            'hufu does not know this website: check its address letter by letter.',
            'It asks to:',
            '- see whether a card is in the reader',
            '- read your certificates, which hold your name',
            '- sign with your card, or have its PIN checked',
        ].join('\n'));
        assert.deepEqual([texts.SETOK, texts.SETNOTOK, texts.SETCANCEL],
            ['Always allow', 'Allow this time', 'Refuse']);
        own.questions.answer(window, 'no');
        assert.equal(await status, saidNo);
    });

    test('is warned about when its connection is not encrypted', async (t) => {
        t.after(() => own.daemon.stop());
        const status = visit(own.page('http://new.example.tw'));
        const { SETDESC } = own.questions.textsOf(await own.questions.one());
        assert.match(SETDESC, /^Website: http:\/\/new\.example\.tw\nCareful: .* not encrypted/);
        await own.answer('no');
        assert.equal(await status, saidNo);
    });

    test('is named when it is on the list', async (t) => {
        t.after(() => own.daemon.stop());
        const status = visit(own.page('https://moica.nat.gov.tw'));
        const { SETDESC } = own.questions.textsOf(await own.questions.one());
        assert.match(SETDESC, /\nOn hufu's list this is: MOI Certification Authority\n/);
        await own.answer('no');
        assert.equal(await status, saidNo);
    });

    test('always: works, and is kept', async (t) => {
        t.after(() => own.daemon.stop());
        const page = own.page();
        const status = visit(page);
        await own.answer('always');
        assert.equal(await status, 200);
        assert.match(readFileSync(own.answers, 'utf8'),
            /^allow = https:\/\/new\.example\.tw see read sign$/m);
        await own.daemon.reload();
        await page.echo();
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        assert.equal(own.questions.count, 1);
    });

    test('its answers are in the use log', async (t) => {
        t.after(() => own.daemon.stop());
        for (const [word, expected] of [['no', saidNo], ['once', 200]]) {
            const status = visit(own.page());
            await own.answer(word);
            assert.equal(await status, expected);
            await sleep(3100); /* HUFU_CONSENT_HOLD_MS */
        }
        const { events } = JSON.parse(await own.daemon.sandbox.hufu('log', '--json'));
        assert.deepEqual(events.map(({ use, origin: site, code }) => [use, site, code]),
            [['consent', origin, 61906], ['consent', origin, 0]]);
    });

    test('this time: works, and is not kept', async (t) => {
        t.after(() => own.daemon.stop());
        const page = own.page();
        const status = visit(page);
        await own.answer('once');
        assert.equal(await status, 200);
        await page.echo();
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        assert.equal(existsSync(own.answers), false);
        assert.equal(own.questions.count, 1);
    });

    test('this time: ends when the site is quiet', async (t) => {
        t.after(() => own.daemon.stop());
        await own.reset({ session: { idle: 1 } });
        const page = own.page();
        const status = visit(page);
        await own.answer('once');
        assert.equal(await status, 200);
        await sleep(1200);
        const again = visit(page);
        await own.answer('no');
        assert.equal(await again, saidNo);
    });

    test('refused: is told that, and nothing else', async (t) => {
        t.after(() => own.daemon.stop());
        const page = own.page();
        const response = page.post(echoOf(page));
        await own.answer('no');
        const answer = await response;
        assert.equal(answer.status, 200);
        assert.deepEqual(readAnswer(answer), { result: `${saidNo}` });
        assert.deepEqual(answer.headers.filter(([name]) => name.startsWith('Access-Control')),
            [['Access-Control-Allow-Origin', origin]]);
        assert.equal(existsSync(own.answers), false);
        assert.match(own.daemon.log.join('\n'),
            /hufud: consent: origin=https:\/\/new\.example\.tw scopes=see,read,sign answer=no/);
        const connection = await page.connect();
        const { status } = await connection.exchange(requestBytes(
            { method: 'OPTIONS', headers: pageHeaders({ host: page.host, origin, length: 0 }) }));
        assert.equal(status, 403, 'only a call is answered');
        connection.close();
    });

    test('refused for good: is told so in this visit, and hears nothing in the next', async (t) => {
        t.after(() => own.daemon.stop());
        for (let i = 0; i < 3; i += 1) {
            const status = visit(own.page());
            await own.answer('no');
            assert.equal(await status, saidNo);
            assert.equal(await visit(own.page()), saidNo);
            await sleep(3100); /* HUFU_CONSENT_HOLD_MS */
        }
        assert.match(readFileSync(own.answers, 'utf8'), /^refuse = https:\/\/new\.example\.tw /m);
        assert.equal(await visit(own.page()), 403);
    });

    test('refused: the other ports that its script tries are no new windows', async (t) => {
        t.after(() => own.daemon.stop());
        const status = visit(own.page());
        await own.answer('no');
        assert.deepEqual([await status, await visit(own.page()), await visit(own.page())],
            [saidNo, saidNo, saidNo]);
        assert.equal(own.questions.count, 1);
    });

    test('with ask = no is refused without a window', async (t) => {
        t.after(() => own.daemon.stop());
        await own.reset({ ask: false });
        assert.equal(await visit(own.page()), 403);
        assert.equal(own.questions.count, 0);
    });

    test('without a pinentry is refused', async (t) => {
        t.after(() => own.daemon.stop());
        const status = visit(own.page());
        process.kill(await own.questions.one(), 'SIGKILL');
        assert.equal(await status, 403);
        assert.match(own.daemon.log.join('\n'), /answer=none/);
    });

    test('hufud that stops closes the window', async () => {
        const status = visit(own.page()).catch(() => 'gone');
        const window = await own.questions.one();
        await own.daemon.stop();
        await until('the end of the window', () => !isAlive(window));
        assert.ok(['gone', 403].includes(await status));
    });
});

describe('hufu sites', { skip: skipDaemon() }, () => {
    const own = new Setting();
    const statusOf = (from) => visit(own.page(from));

    before(() => own.start());

    beforeEach(() => own.reset({ ask: false }));

    after(() => own.daemon?.stop());

    test('counts at once, without a restart', async () => {
        assert.equal(await statusOf(origin), 403);
        await own.hufu('sites', 'allow', origin);
        await until('allowed', async () => await statusOf(origin) === 200);
        await own.hufu('sites', 'refuse', origin);
        await until('refused', async () => await statusOf(origin) === 403);
        await own.hufu('sites', 'allow', origin);
        await until('allowed', async () => await statusOf(origin) === 200);
        await own.hufu('sites', 'forget', origin);
        await until('forgotten', async () => await statusOf(origin) === 403);
    });

    test('says what it knows', async () => {
        assert.match(await own.hufu('sites', 'list'),
            /^https:\/\/portal\.example\.tw {2}allowed: see read sign decrypt pin {2}by: you\n$/);
        assert.equal(await own.hufu('sites', 'allow', origin, 'see', 'sign'),
            `${origin}  allowed: see sign  by: you\n`);
        await own.hufu('sites', 'refuse', origin, 'pin');
        const { ask, sites, ok } = JSON.parse(await own.hufu('sites', 'list', '--json'));
        assert.deepEqual([ask, ok], [false, true]);
        assert.deepEqual(sites[0], {
            origin, see: 'allowed', read: 'unknown', sign: 'allowed', decrypt: 'unknown',
            pin: 'refused', files: ['~/.local/state/hufu/sites.ini'],
        });
        assert.equal(sites[1].origin, portalOrigin);
    });

    for (const args of [
        [], ['list', origin], ['allow'], ['allow', 'new.example.tw'], ['allow', `${origin}/`],
        ['allow', 'https://*.tw'], ['allow', origin, 'sing'], ['grant', origin], ['list', '--x'],
    ]) {
        test(`does not take: ${args.join(' ')}`, async () => {
            await assert.rejects(own.hufu('sites', ...args), ({ code, stderr }) => (
                code === 2 && stderr.length > 0));
            assert.equal(existsSync(own.answers), false);
        });
    }

    test('does not allow what a settings file refuses', async () => {
        writeFileSync(own.daemon.settingsFile, `[sites]\nrefuse = ${origin}\n`);
        await assert.rejects(own.hufu('sites', 'allow', origin), ({ code, stderr }) => (
            code === 1 && /hufu\.ini refuses this/.test(stderr)));
    });
});

describe('a call that needs more than its site has', { skip: skipDaemon() }, () => {
    const own = new Setting();
    let page;
    let windows;

    before(async () => {
        await own.start();
        windows = new Windows(own.daemon);
    });

    beforeEach(async () => {
        await own.reset({ card: { deadline: 3 } });
        await own.hufu('sites', 'allow', origin, 'see');
        page = own.page();
        await until('allowed', async () => await visit(own.page()) === 200);
        await page.echo();
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        await own.daemon.quiet();
    });

    after(() => own.daemon?.stop());

    test('asks, and goes on when it may; the time is not the call\'s', async () => {
        const signed = page.call(...sign(''));
        assert.deepEqual((await own.questions.text()).slice(-3), [
            'It asks to:',
            '- read your certificates, which hold your name',
            '- sign with your card, or have its PIN checked',
        ]);
        await sleep(3500);
        await own.answer('always');
        await windows.type(own.daemon.pin);
        assert.notEqual(await signed, '');
        assert.match(readFileSync(own.answers, 'utf8'), /example\.tw see read sign$/m);
    });

    test('closes the window when its page goes away', async () => {
        const signed = page.call(...sign('')).catch(() => 'gone');
        const window = await own.questions.one();
        page.close();
        assert.equal(await signed, 'gone');
        await until('the end of the window', () => !isAlive(window));
    });

    test('never has a PIN of the page asked for', async () => {
        const signed = page.call(...sign(own.daemon.pin));
        await own.answer('always');
        await windows.type(own.daemon.pin);
        assert.notEqual(await signed, '');
    });

    test('is refused when it may not, and its site keeps what it had', async () => {
        const signed = page.call(...sign(''));
        await own.answer('no');
        assert.equal(await signed, '');
        assert.equal(await page.lastError(), 61906);
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        assert.equal(windows.open.length, 0);
    });
});

describe('PIN windows', { skip: skipDaemon() }, () => {
    const own = new Setting();

    before(() => own.start());

    after(() => own.daemon?.stop());

    test('are not opened for a site that opened five for nothing', async () => {
        const windows = new Windows(own.daemon);
        const page = await own.daemon.openCardPage();
        const cancel = async () => {
            const answer = page.call(...sign(''));
            await windows.cancel();
            assert.equal(await answer, '');
            assert.equal(await page.lastError(), 5070);
        };
        for (let i = 0; i < 4; i += 1) {
            await cancel();
        }
        const signed = page.call(...sign(''));
        await windows.type(own.daemon.pin);
        assert.notEqual(await signed, '');
        for (let i = 0; i < 5; i += 1) {
            await cancel();
        }
        assert.equal(await page.call(...sign('')), '');
        assert.equal(await page.lastError(), 61913);
        assert.deepEqual(windows.open, []);
        await own.hufu('sites', 'allow', portalOrigin);
        await until('a window', async () => {
            const answer = page.call(...sign(''));
            await sleep(500);
            if (windows.open.length === 0) {
                return false;
            }
            await windows.cancel();
            return await answer === '';
        });
    });
});

describe('a real window', { skip: skipDaemon('pinentry-qt', ...displayPrograms) }, () => {
    const own = new Setting();
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

    test('the first button allows for good', async () => {
        const status = visit(own.page(neighbour));
        await display.waitWindow(title);
        await armed();
        await display.key('Tab');
        await display.key('Return');
        assert.equal(await status, 200);
        assert.match(readFileSync(own.answers, 'utf8'), /^allow = https:\/\/other\.example\.tw /m);
    });
});
