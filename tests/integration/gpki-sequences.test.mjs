/* What known pages ask one after another, with a card of SoftHSM and with one in a reader of pcscd;
 * the PIN comes from the page and from a real window. A series as well. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import {
    cardEvents, isInside, openscModule, orderCard, pivcard, runInside,
} from '../lib/pcscd.mjs';
import { displayPrograms, startDisplay } from '../lib/xvfb.mjs';

const skip = skipDaemon('iconv', 'pinentry-qt', ...displayPrograms);
const skipInside = skipDaemon(pivcard, 'pkg-config', 'unshare', 'pinentry-qt', ...displayPrograms);
const pinentry = '/usr/bin/pinentry-qt';
const title = '虎符 Hufu';

const inBig5 = (text) => execFileSync('iconv', ['-f', 'UTF-8', '-t', 'CP950'], { input: text });

function defineTests(options) {
    let daemon;
    let display;
    let page;

    before(async () => {
        display = await startDisplay();
        daemon = await startDaemon({ pinentry, display: display.name, ...options });
        await daemon.configure({ pin: { program: pinentry } });
        page = await daemon.openCardPage();
    });

    after(async () => {
        await daemon?.stop();
        await display?.stop();
    });

    async function succeed(name, ...args) {
        const result = await page.call(name, ...args);
        assert.equal(await page.lastError(), 0);
        return result;
    }

    async function typePin() {
        await display.waitWindow(title);
        await display.type(daemon.pin);
        await display.key('Return');
        await display.waitNoWindow(title);
    }

    /* The same call with the PIN in it, and with a window for it. */
    async function signBothWays(text) {
        const order = [text, 'MS950', 0, 4];
        const byPage = await succeed('GPKI_SignData', daemon.pin, ...order);
        const byWindow = succeed('GPKI_SignData', '', ...order);
        await typePin();
        for (const signed of [byPage, await byWindow]) {
            await assertSigned(signed, daemon.sandbox.hierarchy, inBig5(text));
        }
    }

    test('a bank has the citizen\'s number signed', async () => {
        assert.equal(await succeed('GPKI_DetectCard', 0), '1');
        await signBothWays('A123456789');
    });

    test('an agency reads the certificate, and has a challenge signed', async () => {
        const [certificate] = (await succeed('GPKI_EnumCerts', 0x80)).split(';');
        assert.equal(await succeed('GPKI_GetTailOfCitizenID', certificate, 0), '1234');
        assert.equal(await succeed('CAPICertGetSubject', certificate, 0x10000), '王測試');
        await signBothWays('登入挑戰 42');
    });

    test('an office has several documents signed', async () => {
        const began = succeed('GPKI_SignDataInit', '', 0);
        await typePin();
        assert.equal(await began, '0');
        for (const text of ['公文一', '公文二', '公文三']) {
            const signed = await succeed('GPKI_SignDataUpdate', text, 'MS950', 0, 4);
            await assertSigned(signed, daemon.sandbox.hierarchy, inBig5(text));
        }
        assert.equal(await succeed('GPKI_SignDataFinal', 0), '0');
        assert.equal(await page.call('GPKI_SignDataUpdate', 'x', '', 0, 4), '');
        assert.equal(await page.lastError(), 5100);
    });

    return { page: () => page, daemon: () => daemon };
}

function defineCardTests() {
    const { page, daemon } = defineTests({ cards: 'none', more: ['--module', openscModule()] });
    const cardIs = (detected) => until(`card ${detected}`,
        async () => await page().call('GPKI_DetectCard', 0) === detected);

    afterEach(async () => {
        orderCard('in');
        await cardIs('1');
    });

    const update = () => page().call('GPKI_SignDataUpdate', 'x', '', 0, 4);

    async function begin() {
        assert.equal(await page().call('GPKI_SignDataInit', daemon().pin, 0), '0');
        await assertSigned(await update(), daemon().sandbox.hierarchy, 'x');
        return cardEvents().length;
    }

    test('a series shows the card the PIN once', async () => {
        const count = await begin();
        for (let i = 0; i < 3; i += 1) {
            await assertSigned(await update(), daemon().sandbox.hierarchy, 'x');
        }
        assert.deepEqual(cardEvents().slice(count), Array(3).fill('key 9A used'));
        await page().call('GPKI_SignDataFinal', 0);
    });

    for (const [how, wait] of [['as the page sees', () => cardIs('0')], ['unseen', () => {}]]) {
        test(`a series is over when its card is pulled ${how}`, async () => {
            const count = await begin();
            orderCard('out');
            await wait();
            await until('an end', async () => await update() === '');
            const code = await page().lastError();
            assert.ok([9004, 9018, 9056, 5100].includes(code), `${code}`);
            orderCard('in');
            await cardIs('1');
            assert.equal(await update(), '');
            assert.equal(await page().lastError(), 5100);
            assert.ok(cardEvents().slice(count).every((event) => !/PIN/.test(event)));
        });
    }
}

if (isInside) {
    describe('a card in a reader', defineCardTests);
} else {
    const missing = skipInside || runInside(import.meta.url, 'citizen');
    if (missing) {
        test('a card in a reader', { skip: missing }, () => {});
    }
    describe('a card of SoftHSM', { skip }, () => {
        defineTests({});
    });
}
