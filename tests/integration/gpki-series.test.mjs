/* One PIN for many documents: who may use the login of a series, and when it is over. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { Faulty, faulty } from '../lib/faulty.mjs';
import { faces, portalOrigin } from '../lib/servisign.mjs';
import { Questions, Windows, pinentry } from '../lib/windows.mjs';
import { displayPrograms, startDisplay } from '../lib/xvfb.mjs';

const update = (text = 'x') => ['GPKI_SignDataUpdate', text, '', 0, 4];
const documentsMax = 1000; /* HUFU_SERIES_DOCUMENTS_MAX */

describe('a series', { skip: skipDaemon(faulty) }, () => {
    let daemon;
    let windows;
    let notices;
    let module;
    const pages = [];
    const configure = (settings) => daemon.configure({ pin: { program: pinentry }, ...settings });

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--module', faulty] });
        windows = new Windows(daemon);
        notices = new Questions(daemon);
        module = new Faulty(daemon);
        module.set('none');
        await configure();
    });

    afterEach(async () => {
        for (const page of pages.splice(0)) {
            await page.ask('ServiSignRelease'); /* or its series would go on */
        }
        await until('no window', () => notices.open.length === 0);
        module.set('none');
        await configure();
    });

    after(() => daemon?.stop(/AddressSanitizer: SEGV/));

    async function assertCall(page, [name, ...args], result, code = 0) {
        assert.equal(await page.call(name, ...args), result);
        assert.equal(await page.lastError(), code);
    }

    /* A page with a series; `logins` counts from after Init. */
    async function begin({ init = 'GPKI_SignDataInit', ...options } = {}) {
        const page = await openPage(options);
        await assertCall(page, [init, daemon.pin, 0], '0');
        page.logins = module.logins.length;
        return page;
    }

    async function openPage(options) {
        const page = await daemon.openCardPage(options);
        pages.push(page);
        return page;
    }

    async function assertGoesOn(page, text = 'x') {
        const signed = await page.call(...update(text));
        assert.equal(await page.lastError(), 0);
        await assertSigned(signed, daemon.sandbox.hierarchy, text);
    }

    /* Neither a window nor a login that nobody asked for. */
    async function assertOver(page, code = 5100) {
        const { length } = module.logins;
        await assertCall(page, update(), '', code);
        assert.equal(module.logins.length, length);
        assert.deepEqual(windows.open, []);
    }

    for (const [init, final] of [
        ['GPKI_SignDataInit', 'GPKI_SignDataFinal'], ['GPKI_SignInit', 'GPKI_SignFinal'],
        ['GPKI_SignInitLogin', 'GPKI_SignFinal']]) {
        test(`from ${init} to ${final} takes one login`, async () => {
            const page = await openPage();
            const { length } = module.logins;
            await assertOver(page);
            await assertCall(page, [init, daemon.pin, 0], '0');
            for (const text of ['一', '二', '三']) {
                await assertGoesOn(page, text);
            }
            assert.equal(module.logins.length, length + 1);
            await assertCall(page, [final, 0], '0');
            await assertOver(page);
            await assertCall(page, [final, 0], '0');
        });
    }

    test('works on a Mac page, which polls', async () => {
        const page = await begin({ face: faces.mac });
        await assertGoesOn(page);
        await assertCall(page, ['GPKI_SignDataFinal', 0], '0');
    });

    test('has one window, which says what the PIN is for', async () => {
        const page = await openPage();
        const answer = page.call('GPKI_SignDataInit', '', 0);
        const text = await windows.text();
        assert.match(text[0], /sign several documents with this one PIN, until \d\d:\d\d at the latest/);
        assert.equal(text[1], 'hufu cannot show you them beforehand.');
        assert.equal(text[2], `Website: ${portalOrigin}`);
        await windows.type(daemon.pin);
        assert.equal(await answer, '0');
        await assertGoesOn(page, '一');
        await assertGoesOn(page, '二');
        assert.deepEqual(windows.open, []);
    });

    test('does not begin without the right PIN', async () => {
        const page = await openPage();
        for (const [typed, code] of [['', 5070], ['123', 9041], ['654321', 9039]]) {
            const answer = page.call('GPKI_SignDataInit', '', 0);
            await windows.type(typed);
            assert.equal(await answer, `${code}`);
            await assertOver(page);
        }
        await windows.typeRight(page, daemon.pin);
        await assertOver(page);
    });

    test('does not begin without the scope to sign', async () => {
        const page = await openPage();
        await configure({ sites: [`${portalOrigin} see read`] });
        const { length } = module.logins;
        await assertCall(page, ['GPKI_SignDataInit', daemon.pin, 0], '61906', 61906);
        await assertCall(page, update(), '', 61906);
        assert.equal(module.logins.length, length);
    });

    test('has no use for a page\'s PIN without the scope for that', async () => {
        const page = await openPage();
        await configure({ sites: [`${portalOrigin} see read sign`] });
        const answer = page.call('GPKI_SignDataInit', daemon.pin, 0);
        await windows.type(daemon.pin);
        assert.equal(await answer, '0');
        await assertGoesOn(page);
    });

    test('signs what the flags say, and goes on after what it cannot sign', async () => {
        const page = await begin();
        for (const [args, code] of [
            [['陳𠮷堃', 'MS950', 0, 4], 5901], [['x', 'EBCDIC', 0, 4], 5005],
            [['x', '', 0, 7], 5067], [['x', '', 'x', 4], 5005], [['!', '', 0x2000, 4], 5008]]) {
            await assertCall(page, ['GPKI_SignDataUpdate', ...args], '', code);
        }
        const hex = await page.call('GPKI_SignDataUpdate', 'eA==', '', 0x1002000, 6);
        const { algorithm } = await assertSigned(
            Buffer.from(hex, 'hex').toString('base64'), daemon.sandbox.hierarchy, 'x');
        assert.equal(algorithm, 'RSA 2048, SHA-512');
        assert.equal(module.logins.length, page.logins);
    });

    test('goes on after what needs no login', async () => {
        const page = await begin();
        for (const call of [['GPKI_DetectCard', 0], ['GPKI_EnumCerts', 0x80], ['GPKI_GetSlotCount'],
            ['GPKI_GetCachedCert'], ['GPKI_GetErrorPINCount'], ['GPKI_SetReaderSlot', 0, 0]]) {
            await page.call(...call);
            assert.equal(await page.lastError(), 0);
            await assertGoesOn(page);
        }
        assert.equal(module.logins.length, page.logins);
    });

    test('ends with a reader\'s PIN pad as with a PIN', async () => {
        const page = await openPage();
        module.set('pad');
        await assertCall(page, ['GPKI_SignDataInit', '', 0], '0');
        await assertGoesOn(page);
        await assertCall(page, ['GPKI_SignDataFinal', 0], '0');
        await assertOver(page);
    });

    test('that begins anew asks anew, and is over when that was cancelled', async () => {
        const page = await begin();
        const answer = page.call('GPKI_SignDataInit', '', 0);
        await windows.cancel();
        assert.equal(await answer, '5070');
        await assertOver(page);
    });

    test('ends with its session', async () => {
        const page = await begin();
        await page.ask('ServiSignRelease');
        await until('the end of its worker', () => !isAlive(page.worker));
        await page.echo();
        await assertOver(page);
    });

    test('ends with its worker', async () => {
        const page = await begin();
        module.set('crash');
        await assertCall(page, update(), '61105', 61105);
        module.set('none');
        await assertOver(page);
        const idle = await begin();
        await daemon.logOf(() => process.kill(idle.worker, 'SIGKILL'), /worker ended/);
        await assertOver(idle);
    });

    test('ends with the card', async () => {
        const page = await begin();
        module.set('removed');
        await assertCall(page, update(), '', 9018);
        module.set('none');
        await assertOver(page);
        assert.equal(module.logins.length, page.logins);
    });

    test('keeps its worker longer than others keep theirs', async () => {
        await configure({ card: { idle: 1 } });
        const [page, idle] = [await begin(), await openPage()];
        await until('the end of an idle worker', () => !isAlive(idle.worker));
        await assertGoesOn(page);
        await assertCall(page, ['GPKI_SignDataFinal', 0], '0');
        await until('the end of its worker', () => !isAlive(page.worker));
    });

    /* Signs until a window tells of it, another one than `old`; resolves with that, and how many
     * documents there were. */
    async function signUntilTold(page, old) {
        let count = 0;
        const window = await until('a window', async () => {
            await assertGoesOn(page);
            count += 1;
            return notices.open.find((other) => other !== old);
        });
        return { window, count };
    }

    describe('that takes longer', () => {
        const toldOf = (window) => notices.textsOf(window).SETDESC.split('\n');
        const numberOf = (window) => Number(toldOf(window)[0].match(/: (\d+) so far\.$/)[1]);

        test('has a window that tells of it, and goes away with it', async () => {
            const began = Date.now();
            const page = await begin();
            const { window, count } = await signUntilTold(page);
            assert.ok(Date.now() - began >= 2000); /* HUFU_SERIES_WINDOW_AFTER_MS */
            assert.ok(numberOf(window) > 0 && numberOf(window) <= count);
            assert.deepEqual(toldOf(window).slice(1, 2), [`Website: ${portalOrigin}`]);
            assert.match(toldOf(window)[2], /^It can go on until \d\d:\d\d, without another PIN\.$/);
            assert.equal(notices.textsOf(window).SETOK, 'Stop');
            await assertCall(page, ['GPKI_SignDataFinal', 0], '0');
            await until('no window', () => notices.open.length === 0);
        });

        test('has another window for another number, in the place of the first', async () => {
            const page = await begin();
            const first = await signUntilTold(page);
            const second = await signUntilTold(page, first.window);
            assert.ok(numberOf(second.window) > numberOf(first.window));
            await until('the end of the first', () => !isAlive(first.window));
            await page.ask('ServiSignRelease');
            await until('the end of the second', () => !isAlive(second.window));
        });

        test('is over when the person stops it, 5070', async () => {
            const page = await begin();
            notices.answer((await signUntilTold(page)).window, 'always');
            await until('the end of the window', () => notices.open.length === 0);
            await assertOver(page, 5070);
            await assertOver(page, 5070);
            assert.equal(module.logins.length, page.logins);
            await assertCall(page, ['GPKI_SignDataFinal', 0], '0');
            await assertOver(page);
        });

        test('goes on without a window where there is none to be had', async () => {
            const page = await begin();
            const { window } = await signUntilTold(page);
            notices.answer(window, 'once');
            await until('the end of the window', () => notices.open.length === 0);
            await assertGoesOn(page);
            await assertCall(page, ['GPKI_SignDataFinal', 0], '0');
        });
    });

    test('has at most 1,000 documents, each a line of the use log', async () => {
        const log = join(daemon.sandbox.home, '.local/state/hufu/use.log');
        const uses = () => (existsSync(log) ? readFileSync(log, 'utf8') : '').split('\n')
            .filter((line) => line.endsWith(` sign ${portalOrigin} 0`)).length;
        const page = await begin();
        const count = uses();
        for (let i = 0; i < documentsMax; i += 1) {
            assert.notEqual(await page.call(...update(`${i}`)), '');
        }
        assert.equal(uses(), count + documentsMax);
        await assertOver(page);
        assert.equal(module.logins.length, page.logins);
    });
});

describe('a series in real windows', { skip: skipDaemon('pinentry-qt', ...displayPrograms) }, () => {
    const program = '/usr/bin/pinentry-qt';
    const title = '虎符 Hufu';
    let daemon;
    let display;

    before(async () => {
        display = await startDisplay();
        daemon = await startDaemon({ pinentry: program, display: display.name });
        await daemon.configure({ pin: { program } });
    });

    after(async () => {
        await daemon?.stop();
        await display?.stop();
    });

    test('is begun and stopped by hand', async () => {
        const page = await daemon.openCardPage();
        const answer = page.call('GPKI_SignDataInit', '', 0);
        await display.waitWindow(title);
        await display.type(daemon.pin);
        await display.key('Return');
        assert.equal(await answer, '0');
        await display.waitNoWindow(title);
        const signed = await page.call(...update());
        await assertSigned(signed, daemon.sandbox.hierarchy, 'x');
        await display.waitWindow(title);
        await display.key('Return');
        await display.waitNoWindow(title);
        assert.equal(await page.call(...update()), '');
        assert.equal(await page.lastError(), 5070);
    });
});
