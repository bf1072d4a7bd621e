/* Each 61xxx that a page can see, seen by a page, from its real cause; the codes that scripts set by
 * themselves as well. With both versions of the script, in both browsers. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startForwarder, startProxy } from '../lib/between.mjs';
import { browsers } from '../lib/browsers.mjs';
import { Daemon, until } from '../lib/daemon.mjs';
import { Installation } from '../lib/installation.mjs';
import { pinWindow } from '../lib/sandbox.mjs';
import { Bench, call, skipBrowser } from './bench.mjs';

const templates = ['1.0.18.1219', '1.0.20.0423'];
const pin = { program: '/usr/bin/pinentry-qt' };

const traceOf = (page) => page.evaluate(() => trace.map(({ functionname }) => functionname));

for (const browser of browsers) {
    describe(`codes in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;
        let daemon;
        let installation;

        before(async () => {
            installation = new Installation();
            bench = await Bench.start(browser, { more: installation.options });
            daemon = new Daemon(bench.sandbox);
        });

        after(async () => {
            await bench?.stop();
            installation.remove();
        });

        /* Every test may leave other settings behind. */
        const configure = (settings) => daemon.configure({ pin, ...settings });

        const start = () => daemon.startAndWait({
            command: join(installation.folder, 'hufud'),
            env: { DISPLAY: bench.display.name, DBUS_SESSION_BUS_ADDRESS: 'disabled:' },
        });

        for (const template of templates) {
            describe(`with template ${template}`, () => {
                const open = (options, face) => bench.openAdapter(template, face, options);

                async function expectCode(code, options) {
                    const { page, code: seen } = await open(options);
                    await page.close();
                    assert.equal(seen, code);
                }

                before(() => configure());

                it('61001: before the script has asked anybody', async () => {
                    const page = await bench.newPage();
                    assert.equal(await page.evaluate(() => ServiSign_GetErrorCode()), 61001);
                    await page.close();
                });

                it('61003, 61004, 61005: values that cannot be used', async () => {
                    const { page, code } = await open();
                    assert.equal(code, 0);
                    const { value } = await call(page, 'GPKI_SignData', '', 'a\0b', 'MS950', 0, 4);
                    assert.equal(value, '61003');
                    const put = (...args) => page.evaluate(
                        (args) => gpki.setServiSignValue(...args), args);
                    assert.equal(await put('channel', '', 'soon', 'x'), '61003');
                    assert.equal(await put('channel', '', '', 'x'), '61004');
                    assert.equal(await put('c'.repeat(129), '', '30', 'x'), '61005');
                    assert.equal(await put('channel', '', '30', 'x'), '0');
                    assert.equal(await page.evaluate(() => gpki.getServiSignValue('channel')), 'x');
                    await page.close();
                });

                it('61006: nobody listens there', async () => {
                    const { page, code } = await open({ ports: [9, 19, 29] });
                    assert.equal(code, 61006);
                    assert.deepEqual(await traceOf(page), []);
                    await page.close();
                });

                it('61006: the site is refused, and learns nothing', async () => {
                    await configure({ sites: [] });
                    await expectCode(61006);
                    await configure();
                });

                it('61007: the component has ended', async () => {
                    const PathID = template === templates[0] ? 'A'.repeat(32) : 'B'.repeat(32);
                    daemon.addProduct(`ended ${template}`, {
                        component: 'gpki', path_ids: PathID, server_version: '1.0.26.0625',
                        library_version: '1.0.26.0625', installer_version: '1.0.26.0625',
                        oldest_adapter: '1.0.17.0000', last_error: 'get_lastError',
                        ends: '2020-12-31',
                    });
                    await daemon.reload();
                    await expectCode(61007, { product: { PathID } });
                });

                for (const [code, cause, options] of [
                    [61009, 'a PathID that no component has', { product: { PathID: 'F'.repeat(32) } }],
                    [61201, 'a version that is none', { product: { minlibversion: '1.x' } }],
                    [61202, 'a script that is too old', { script: { version: '1.0.16.0101' } }],
                    [61203, 'a service that is too old',
                        { product: { minserverversion: '9.0.0.0000' } }],
                    [61204, 'a component that is too old',
                        { product: { minlibversion: '9.0.0.0000' } }],
                    [61902, 'a name that no component has', { product: { comname: 'Nobody' } }],
                ]) {
                    it(`${code}: ${cause}`, () => expectCode(code, options));
                }

                it('61009 on one port only: the page says 61006', () => expectCode(61006, {
                    product: { PathID: 'F'.repeat(32) }, ports: [bench.sandbox.port, 9, 19],
                }));

                it('61014: a proxy stands in between', async () => {
                    const proxy = await startProxy(daemon);
                    const { page, code } = await open({ ports: [proxy.port] });
                    assert.equal(code, 61014);
                    assert.equal((await traceOf(page)).length, 1, 'the script stops there');
                    await page.close();
                    await proxy.close();
                });

                it('61904: a port forwarder stands in between', async () => {
                    const forwarder = await startForwarder(daemon);
                    await expectCode(61904, { ports: [forwarder.port] });
                    await forwarder.close();
                });

                it('61905: no worker can be started, until one can', async () => {
                    await installation.withoutWorkers(daemon, () => expectCode(61905));
                    await expectCode(0);
                });

                it('61905 in a page that was there before', async () => {
                    const { page, code } = await open();
                    assert.equal(code, 0);
                    await installation.withoutWorkers(daemon, async () => {
                        assert.deepEqual(await call(page, 'GPKI_GetSlotCount'),
                            { value: 61905, code: 61905 });
                    });
                    assert.equal((await call(page, 'GPKI_GetSlotCount')).code, 0);
                    await page.close();
                });

                it('61906: the person allowed less', async () => {
                    await configure({ sites: [] });
                    await bench.sandbox.hufu('sites', 'allow', bench.portal.origin, 'see');
                    await until('allowed', async () => {
                        const { page, code } = await open();
                        await page.close();
                        return code === 0;
                    });
                    const { page } = await open();
                    assert.deepEqual(await call(page, 'GPKI_SignData', '', 'x', 'MS950', 0, 4),
                        { value: '', code: 61906 });
                    await page.close();
                    await bench.sandbox.hufu('sites', 'forget', bench.portal.origin);
                });

                it('61908: the person has just said no', async () => {
                    await sleep(3100); /* HUFU_CONSENT_HOLD_MS */
                    await configure({ sites: [], ask: true });
                    const opened = open({ ports: daemon.portsOf('gpki') });
                    await bench.display.waitWindow(pinWindow);
                    await bench.display.key('Escape');
                    const { page, code } = await opened;
                    assert.equal(code, 61908);
                    const asked = (await traceOf(page)).length;
                    assert.equal(asked, template === templates[0] ? 6 : 1);
                    await page.close();
                    assert.equal(daemon.log.filter((line) => /answer=no$/.test(line)).length,
                        templates.indexOf(template) + 1, 'one window each');
                });

                it('61015: the connection was lost', async () => {
                    await configure();
                    const { page, code } = await open();
                    assert.equal(code, 0);
                    process.kill(daemon.pid, 'SIGTERM');
                    await until('the end of hufud', () => !daemon.isRunning);
                    const { code: seen } = await page.evaluate(() => {
                        gpki.GPKI_GetSlotCount();
                        return { code: ServiSign_GetErrorCode() };
                    });
                    assert.equal(seen, 61015);
                    await page.close();
                    await start();
                });

                it('61905: started with a mistake in hufu.ini, until it was mended', async () => {
                    const { page, code } = await open();
                    assert.equal(code, 0);
                    const good = readFileSync(daemon.settingsFile, 'utf8');
                    process.kill(daemon.pid, 'SIGTERM');
                    await until('the end of hufud', () => !daemon.isRunning);
                    writeFileSync(daemon.settingsFile, `${good}[card]\ndeadline = soon\n`);
                    await start();
                    assert.deepEqual(await call(page, 'GPKI_GetSlotCount'),
                        { value: 61905, code: 61905 });
                    const { page: later, code: seen } = await open();
                    assert.equal(seen, 61905);
                    writeFileSync(daemon.settingsFile, good);
                    await daemon.reload();
                    /* the session of the first page ended with the hufud that it was of */
                    assert.equal((await call(page, 'GPKI_GetSlotCount')).code, 61012);
                    await page.close();
                    await later.evaluate(({ template, port }) => {
                        window.gpki = createAdapter(templates[template], gpkiFaces.windows, [port]);
                    }, { template, port: bench.sandbox.port });
                    assert.equal((await call(later, 'GPKI_GetSlotCount')).code, 0);
                    await later.close();
                });
            });
        }
    });

    describe(`a TLS that is too old in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;
        let daemon;

        before(async () => {
            bench = await Bench.start(browser, { opening: () => ({ oldTls: true }) });
            daemon = new Daemon(bench.sandbox);
        });

        after(() => bench?.stop());

        /* A page cannot know why nobody answers: it ends with 61006, and the person is told. */
        it('61008: in the log and `hufu log`, while the page says 61006', async () => {
            await daemon.configure({ pin, tls: { min: '1.3' } });
            const lines = await daemon.logOf(async () => {
                const { page, code } = await bench.openAdapter('1.0.20.0423');
                assert.equal(code, 61006);
                await page.close();
            }, /TLS refused/);
            assert.match(lines.join('\n'),
                new RegExp(`TLS refused \\(61008\\): TLS 1.2 offered by ${browser.name.toLowerCase()}`));
            const { events } = JSON.parse(await bench.sandbox.hufu('log', '--json'));
            assert.ok(events.some(({ use, code }) => use === 'tls' && code === 61008));
        });

        it('works once that TLS is allowed', async () => {
            await daemon.configure({ pin });
            const { page, code } = await bench.openAdapter('1.0.20.0423');
            assert.equal(code, 0);
            await page.close();
        });
    });
}
