/* T-26: a PIN is good for the call that brought it, and for nobody and nothing else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { Faulty, faulty } from '../lib/faulty.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const sign = (pin) => ['GPKI_SignData', pin, 'x', '', 0, 4];
const other = 'https://other.example.tw';

describe('a PIN', { skip: skipDaemon(faulty, 'unshare') }, () => {
    let daemon;
    let windows;
    let module;

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--module', faulty] });
        windows = new Windows(daemon);
        module = new Faulty(daemon);
        module.set('none');
        await daemon.configure({
            pin: { program: pinentry }, sites: ['https://portal.example.tw', other],
        });
    });

    after(() => daemon?.stop());

    async function assertSigns(page) {
        await assertSigned(await page.call(...sign(daemon.pin)), daemon.sandbox.hierarchy, 'x');
    }

    /* Without a PIN the person is asked, and until they answer the card is not. */
    async function assertAsks(page, call = sign('')) {
        const before_ = module.logins.length;
        const answer = page.call(...call);
        const text = await windows.text();
        assert.equal(module.logins.length, before_);
        await windows.cancel();
        await answer;
        assert.equal(await page.lastError(), 5070);
        assert.equal(module.logins.length, before_);
        await windows.typeRight(page, daemon.pin);
        return text;
    }

    test('of one site signs nothing for another, nor for its own next call', async () => {
        const [a, b] = [await daemon.openCardPage(), await daemon.openCardPage({ origin: other })];
        await assertSigns(a);
        const text = await assertAsks(b);
        assert.ok(text.includes(`Website: ${other}`), text.join('\n'));
        await assertSigns(a);
        await assertAsks(a);
        await assertSigns(b);
        await assertAsks(a);
    });

    test('that is missing never reaches the card', async () => {
        const page = await daemon.openCardPage();
        await assertSigns(page);
        for (const missing of ['', 'undefined', 'null']) {
            await assertAsks(page, sign(missing));
            await assertAsks(page, ['GPKI_VerifyPIN', missing, 0]);
        }
    });

    test('is wanted even while another program is logged in to the card', async () => {
        const [a, b] = [await daemon.openCardPage(), await daemon.openCardPage({ origin: other })];
        const slow = a.call(...sign(''));
        await windows.one();
        const others = b.call(...sign(''));
        const pair = await windows.all(2);
        for (const window of pair) {
            windows.answer(window, window === pair[0] ? daemon.pin : '');
        }
        const results = await Promise.all([slow, others]);
        assert.equal(results.filter((result) => result === '').length, 1);
    });

    test('is asked for at each signature: no login outlives its call', async () => {
        const page = await daemon.openCardPage();
        const before_ = module.logins.length;
        for (let i = 0; i < 3; i += 1) {
            await assertSigns(page);
        }
        assert.equal(module.logins.length, before_ + 3);
    });
});

describe('the PIN of a series', { skip: skipDaemon(faulty, 'unshare') }, () => {
    const update = ['GPKI_SignDataUpdate', 'x', '', 0, 4];
    let daemon;
    let windows;
    let module;

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--module', faulty] });
        windows = new Windows(daemon);
        module = new Faulty(daemon);
        module.set('none');
        await daemon.configure({
            pin: { program: pinentry }, sites: ['https://portal.example.tw', other],
        });
    });

    after(() => daemon?.stop());

    async function begin(options) {
        const page = await daemon.openCardPage(options);
        assert.equal(await page.call('GPKI_SignDataInit', daemon.pin, 0), '0');
        return page;
    }

    async function assertGoesOn(page) {
        await assertSigned(await page.call(...update), daemon.sandbox.hierarchy, 'x');
    }

    /* No signature, no window, no login. */
    async function assertOver(page) {
        const before_ = module.logins.length;
        assert.equal(await page.call(...update), '');
        assert.equal(await page.lastError(), 5100);
        assert.equal(module.logins.length, before_);
        assert.deepEqual(windows.open, []);
    }

    test('signs nothing for another session of its site, nor for another site', async () => {
        const page = await begin();
        for (const origin of ['https://portal.example.tw', other]) {
            const stranger = await daemon.openCardPage({ origin });
            await assertOver(stranger);
            stranger.session = page.session; /* ids are no secret among pages of one computer */
            if (origin === other) {
                assert.equal(await stranger.call(...update), '61012');
            }
        }
        await assertGoesOn(page);
    });

    for (const call of [sign(''), ['GPKI_PureSign', '', 'x', '', 0, 4], ['GPKI_VerifyPIN', '', 0],
        ['GPKI_SignDataInit', '', 0]]) {
        test(`is not the PIN of ${call[0]}, which ends the series`, async () => {
            const page = await begin();
            const before_ = module.logins.length;
            const answer = page.call(...call);
            await windows.one();
            assert.equal(module.logins.length, before_);
            await windows.type(daemon.pin);
            await answer;
            assert.equal(await page.lastError(), 0);
            assert.equal(module.logins.length, before_ + 1);
            if (call[0] !== 'GPKI_SignDataInit') {
                await assertOver(page);
            }
        });
    }

    test('signs nothing for a call that was cancelled, and that ends no series', async () => {
        const page = await begin();
        const answer = page.call(...sign(''));
        await windows.cancel();
        assert.equal(await answer, '');
        assert.equal(await page.lastError(), 5070);
        await assertGoesOn(page);
    });

    test('is worth nothing after a wrong one', async () => {
        const page = await begin();
        const answer = page.call(...sign(''));
        await windows.type('654321');
        assert.equal(await answer, '');
        assert.equal(await page.lastError(), 9039);
        await assertOver(page);
        await windows.typeRight(page, daemon.pin);
        await assertOver(page);
    });

    test('is worth nothing after Final', async () => {
        const page = await begin();
        await assertGoesOn(page);
        assert.equal(await page.call('GPKI_SignDataFinal', 0), '0');
        await assertOver(page);
        const before_ = module.logins.length;
        const answer = page.call(...sign(''));
        await windows.one();
        assert.equal(module.logins.length, before_);
        await windows.cancel();
        assert.equal(await answer, '');
    });

    test('is worth nothing in a new session, nor to the next worker', async () => {
        const page = await begin();
        await page.ask('ServiSignRelease');
        await page.echo();
        await assertOver(page);
        const killed = await begin();
        await daemon.logOf(() => process.kill(killed.worker, 'SIGKILL'), /worker ended/);
        await assertOver(killed);
    });
});
