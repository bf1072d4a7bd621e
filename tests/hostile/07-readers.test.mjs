/* Row 7, below the module: a card that answers nonsense to pcscd and OpenSC. T-07. One that is
 * pulled between login and signature (T-46) is in tests/integration/pcsc.test.mjs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { isInside, openscModule, orderCard, pivcard, runInside } from '../lib/pcscd.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const skip = skipDaemon(pivcard, 'pkcs11-tool', 'pkg-config', 'unshare');
const seeds = Array.from({ length: 24 }, (_, i) => i + 1);
const crashed = ['61105', '61011'];

function defineTests() {
    let daemon;
    let windows;

    before(async () => {
        daemon = await startDaemon({ cards: 'none', pinentry, more: ['--module', openscModule()] });
        windows = new Windows(daemon);
        await daemon.configure({ pin: { program: pinentry }, card: { deadline: 10 } });
    });

    after(() => daemon?.stop());

    const calls = (pin) => [['GPKI_DetectCard', 0], ['GPKI_GetSlotCount'], ['GPKI_EnumCerts', 0],
        ['GPKI_SignData', pin, 'x', '', 0, 4], ['GPKI_GetErrorPINCount'], ['GPKI_EnumCerts', 0x80],
        ['GPKI_SignData', '', 'x', '', 0, 4], ['GPKI_VerifyPIN', pin, 0], ['GPKI_GetCachedCert']];

    /* With nobody there: windows are cancelled. */
    async function callEverything(page) {
        const nobody = setInterval(() => windows.open.forEach((one) => windows.answer(one, '')), 50);
        try {
            for (const call of calls(daemon.pin)) {
                const result = await page.call(...call);
                assert.ok(!crashed.includes(result), `${call[0]}: ${result}`);
            }
        } finally {
            clearInterval(nobody);
        }
    }

    for (const seed of seeds) {
        test(`nonsense ${seed} crashes nobody, and the next truth is believed`, async () => {
            const page = await daemon.openCardPage();
            const log = daemon.log.length;
            orderCard(`seed ${seed}`);
            orderCard(`garble ${seed % 2 ? 1000 : seed}`);
            await callEverything(page);
            assert.doesNotMatch(daemon.log.slice(log).join('\n'), /worker ended|\x1b/);
            ['garble 0', 'retries 3', 'out'].forEach(orderCard);
            await until('no card', async () => await page.call('GPKI_DetectCard', 0) === '0');
            orderCard('in');
            await until('the card', async () => await page.call('GPKI_DetectCard', 0) === '1');
            const answer = page.call('GPKI_SignData', '', 'x', '', 0, 4);
            await windows.type(daemon.pin);
            await assertSigned(await answer, daemon.sandbox.hierarchy, 'x');
            page.close();
        });
    }
}

if (skip || isInside) {
    describe('a card that answers', { skip }, defineTests);
} else {
    const reason = runInside(import.meta.url, 'citizen');
    if (reason) {
        test('a card that answers nonsense', { skip: reason }, () => {});
    }
}
