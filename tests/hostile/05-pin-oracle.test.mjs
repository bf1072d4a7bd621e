/* T-05: a page that guesses PINs spends one try, then the person is asked. The module counts. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { Faulty, faulty } from '../lib/faulty.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const sign = (pin) => ['GPKI_SignData', pin, 'x', '', 0, 4];
const wrong = 'PIN 6 bytes: CKR 0xa0';
const right = 'PIN 6 bytes: CKR 0x0';
const warnings = {
    low: 'A wrong PIN was entered before.',
    perhapsFinal: 'Two wrong PINs were entered before: this may be the last try.',
    final: 'This is the last try before the card is locked.',
};

describe('a page that guesses PINs', { skip: skipDaemon(faulty, 'unshare') }, () => {
    let daemon;
    let windows;
    let module;
    let page;

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--module', faulty] });
        windows = new Windows(daemon);
        module = new Faulty(daemon);
        module.set('none');
    });

    /* Each test begins with a right PIN in a window, and a page of its own. */
    beforeEach(async () => {
        module.set('none');
        page = await daemon.openCardPage();
        await windows.typeRight(page, daemon.pin);
    });

    after(() => daemon?.stop(/AddressSanitizer: SEGV/));

    /* The calls of C_Login during `action`. */
    async function loginsOf(action) {
        const start = module.logins.length;
        await action();
        return module.logins.slice(start);
    }

    /* Asserts that the call opens a window; types `pin` or cancels; resolves with what it said. */
    async function assertAsks(call, result, code, pin = '') {
        const answer = page.call(...call);
        const text = await windows.text();
        await (pin ? windows.type(pin) : windows.cancel());
        assert.equal(await answer, result);
        assert.equal(await page.lastError(), code);
        return text;
    }

    /* The flags of SoftHSM, those of a module that has none, and what both show afterwards. */
    for (const fault of ['none', 'silent']) {
        test(`spends one try, with flags of a card that is "${fault}"`, async () => {
            module.set(fault);
            assert.deepEqual(await loginsOf(async () => {
                assert.equal(await page.call('GPKI_VerifyPIN', '111111', 0), '9039');
                for (let guess = 111112; guess < 111116; guess += 1) {
                    const call = guess % 2 ? sign(`${guess}`) : ['GPKI_VerifyPIN', `${guess}`, 0];
                    const text = await assertAsks(call, guess % 2 ? '' : '5070', 5070);
                    assert.ok(text.includes(warnings.low), text.join('\n'));
                }
            }), [wrong]);
        });

        test(`nor does another page, with flags of a card that is "${fault}"`, async () => {
            module.set(fault);
            assert.equal(await page.call('GPKI_VerifyPIN', '111111', 0), '9039');
            page = await daemon.openCardPage();
            assert.deepEqual(await loginsOf(async () => {
                await assertAsks(['GPKI_VerifyPIN', daemon.pin, 0], '5070', 5070);
            }), []);
        });
    }

    test('may pass a PIN again once a person typed the right one', async () => {
        assert.equal(await page.call('GPKI_VerifyPIN', '111111', 0), '9039');
        await assertAsks(sign(daemon.pin), '', 9039, '222222');
        await assertAsks(['GPKI_VerifyPIN', daemon.pin, 0], '0', 0, daemon.pin);
        assert.deepEqual(await loginsOf(async () => {
            assert.equal(await page.call('GPKI_VerifyPIN', daemon.pin, 0), '0');
        }), [right]);
    });

    test('the window tells how many tries are left', async () => {
        module.set('silent');
        const verify = ['GPKI_VerifyPIN', '', 0];
        const seen = (text) => text.filter((line) => Object.values(warnings).includes(line));
        assert.deepEqual(seen(await assertAsks(verify, '9039', 9039, '111111')), []);
        assert.deepEqual(seen(await assertAsks(verify, '9039', 9039, '111111')), [warnings.low]);
        assert.deepEqual(seen(await assertAsks(verify, '0', 0, daemon.pin)),
            [warnings.perhapsFinal]);
        module.set('final');
        assert.deepEqual(seen(await assertAsks(verify, '0', 0, daemon.pin)), [warnings.final]);
    });

    for (const fault of ['final', 'low']) {
        test(`has no try of a card that is "${fault}"`, async () => {
            module.set(fault);
            assert.deepEqual(await loginsOf(async () => {
                await assertAsks(['GPKI_VerifyPIN', '111111', 0], '5070', 5070);
                await assertAsks(sign(daemon.pin), '', 5070);
            }), []);
        });
    }

    test('has none of a locked card, and nobody is asked', async () => {
        module.set('locked');
        assert.deepEqual(await loginsOf(async () => {
            assert.equal(await page.call('GPKI_VerifyPIN', '111111', 0), '9043');
            assert.equal(await page.call('GPKI_VerifyPIN', '', 0), '9043');
        }), []);
    });

    test('one entry in the window is one try, whatever came of it', async () => {
        assert.deepEqual(await loginsOf(
            () => assertAsks(['GPKI_VerifyPIN', '', 0], '9039', 9039, '111111')), [wrong]);
    });

    test('a worker that ends in the middle of a try has spent it', async () => {
        module.set('crash-login');
        assert.equal(await page.call('GPKI_VerifyPIN', daemon.pin, 0), '61105');
        module.set('silent');
        page = await daemon.openCardPage();
        const text = await assertAsks(['GPKI_VerifyPIN', daemon.pin, 0], '0', 0, daemon.pin);
        assert.ok(text.includes(warnings.low));
    });

    test('a PIN of impossible length spends nothing', async () => {
        assert.deepEqual(await loginsOf(async () => {
            for (const pin of ['1', '123', '7'.repeat(256), '7'.repeat(5000)]) {
                assert.equal(await page.call('GPKI_VerifyPIN', pin, 0), '9041');
            }
            await assertAsks(['GPKI_VerifyPIN', '', 0], '9041', 9041, '123');
        }), []);
        assert.equal(await page.call('GPKI_VerifyPIN', daemon.pin, 0), '0');
    });

    test('a PIN with a NUL is no PIN, nor a request', async () => {
        assert.deepEqual(await loginsOf(async () => {
            assert.match(await page.call('GPKI_VerifyPIN', `${daemon.pin}\0`, 0), /^6100[35]$/);
        }), []);
    });

    test('what cannot be counted is not tried', async () => {
        const state = join(daemon.sandbox.home, '.local', 'state');
        renameSync(join(state, 'hufu'), join(state, 'away'));
        writeFileSync(join(state, 'hufu'), ''); /* no folder */
        assert.deepEqual(await loginsOf(
            () => assertAsks(['GPKI_VerifyPIN', '111111', 0], '5070', 5070)), []);
        rmSync(join(state, 'hufu'));
        renameSync(join(state, 'away'), join(state, 'hufu'));
    });

    test('no card is named where the tries are counted', async () => {
        await page.call('GPKI_VerifyPIN', '111111', 0);
        const folder = join(daemon.sandbox.home, '.local', 'state', 'hufu', 'tries');
        const names = readdirSync(folder);
        assert.equal(names.length, 1);
        assert.match(names[0], /^[0-9a-f]{64}$/);
        assert.equal(readFileSync(join(folder, names[0]), 'latin1'), 'p');
    });

    test('a reader with keys of its own gets no PIN from anybody', async () => {
        module.set('pad');
        assert.deepEqual(await loginsOf(async () => {
            assert.equal(await page.call('GPKI_VerifyPIN', '111111', 0), '0');
            assert.equal(await page.call('GPKI_VerifyPIN', '', 0), '0');
            assert.deepEqual(windows.open, []);
        }), Array(2).fill('no PIN 0 bytes: CKR 0x0'));
    });

    test('has no function that changes or unblocks a PIN', async () => {
        assert.deepEqual(await loginsOf(async () => {
            for (const name of ['GPKI_SetPIN', 'GPKI_ChangePIN', 'GPKI_UnblockPIN', 'HCA_SetPIN',
                'C_SetPIN', 'C_InitPIN', 'C_InitToken']) {
                assert.equal(await page.call(name, daemon.pin, '222222'), '', name);
                assert.equal(await page.lastError(), 5004, name);
            }
        }), []);
    });
});
