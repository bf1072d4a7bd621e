/* Row 7: a card, a reader or a module lies about lengths and contents. CVE-2022-32959, -32960,
 * -32961, -32962. T-07, T-46. The sanitizers see one byte too far; a crash would be 61105. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { faulty } from '../lib/faulty.mjs';

const certificate = [['GPKI_EnumCerts', 0], ['GPKI_EnumCerts', 0x80], ['GPKI_GetCachedCert'],
    ['GPKI_DetectCard', 0], ['GPKI_GetSlotCount'], ['GPKI_GetErrorPINCount']];
const crashed = ['61105', '61011'];

describe('a module that lies', { skip: skipDaemon(faulty, 'unshare') }, () => {
    let daemon;
    let neighbour;

    function set(fault) {
        const folder = join(daemon.sandbox.home, '.config', 'hufu-test');
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'fault'), `${fault}\n`);
    }

    before(async () => {
        daemon = await startDaemon({ pinentry: '/bin/false', more: ['--module', faulty] });
        neighbour = await daemon.openCardPage();
    });

    after(() => daemon?.stop());

    for (const fault of [
        'lie', 'lie-two-gib', 'lie-unavailable', 'lie-nothing', 'lie-grow', 'lie-shrink',
        'lie-claim', 'lie-texts', 'lie-slots', 'lie-found', 'lie-signature', 'endless', 'removed',
        'locked',
    ]) {
        test(`(${fault}) crashes nobody, and its next truth is believed`, async () => {
            const page = await daemon.openCardPage();
            const log = daemon.log.length;
            set(fault);
            const sign = ['GPKI_SignData', daemon.pin, 'x', '', 0, 4];
            for (const call of [...certificate, sign, ...certificate]) {
                const result = await page.call(...call);
                assert.ok(!crashed.includes(result), `${call[0]}: ${result}`);
            }
            set('none');
            const lines = daemon.log.slice(log).join('\n');
            assert.doesNotMatch(lines, /worker ended|\x1b|%n/);
            page.close();
            await neighbour.call('GPKI_GetSlotCount');
            await daemon.quiet();
            await assertSigned(await neighbour.call(...sign), daemon.sandbox.hierarchy, 'x');
        });
    }

    test('with a certificate that is wrong in another byte each time', async () => {
        set('lie-garble');
        const page = await daemon.openCardPage();
        for (let i = 0; i < 200; i += 1) {
            for (const call of [['GPKI_EnumCerts', 0], ['GPKI_GetCachedCert']]) {
                const result = await page.call(...call);
                assert.ok(!crashed.includes(result), `${call[0]}: ${result}`);
                const [first] = result.split(';');
                for (const name of first ? ['CAPICertGetSubject', 'CAPICertGetIssuer',
                    'GPKI_GetTailOfCitizenID', 'CAPICertGetPublicKey', 'CAPICertGetNotAfter'] : []) {
                    assert.ok(!crashed.includes(await page.call(name, first, 0)));
                }
            }
            if (i % 10 === 0) { /* a fresh look at the card */
                await page.ask('ServiSignRelease');
                await page.echo();
            }
        }
        set('none');
        await until('the neighbour', () => isAlive(daemon.pid));
        assert.equal(await neighbour.call('GPKI_GetSlotCount'), '1');
    });
});
