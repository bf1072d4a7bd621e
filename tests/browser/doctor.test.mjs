/* hufu doctor and what real browsers keep about a website that may not reach this computer: a person
 * blocks the website in the browser's own settings, doctor says so, and its step mends it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { browsers, firefoxPreferences, launchChromium, profilesIni } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { portalOrigin } from '../lib/servisign.mjs';
import { skipBrowser } from './bench.mjs';

const nowhere = { host: 'portal.invalid', port: 1 };

/* In the list of what the website may do, as chrome://settings shows it. */
async function setInChromium(home, sandbox, value) {
    const browser = await launchChromium(sandbox, join(home, '.config/chromium'), nowhere);
    try {
        const page = await browser.newPage();
        await page.goto(`chrome://settings/content/siteDetails?site=${encodeURIComponent(portalOrigin)}`);
        /* The page loads what is kept after it shows its rows: a choice that was overtaken is made again. */
        const label = await until('the permission', async () => {
            const choose = (choice) => page.evaluate((wanted) => {
                const inside = (root) => [...root.querySelectorAll('*')].flatMap((element) => (
                    element.shadowRoot ? [element, ...inside(element.shadowRoot)] : [element]));
                const row = inside(document).find(({ localName, category }) => (
                    localName === 'site-details-permission' && category === 'loopback-network'));
                const select = row?.shadowRoot.querySelector('select');
                if (select && wanted && select.value !== wanted) {
                    select.value = wanted;
                    select.dispatchEvent(new Event('change', { bubbles: true }));
                }
                return select && { label: row.label, value: select.value };
            }, choice);
            await until('the row', () => choose(value));
            await page.reload();
            return until('the choice', async () => {
                const shown = await choose();
                return shown?.value === value && shown.label;
            }, 1).catch(() => undefined);
        });
        assert.equal(label, 'Apps on device'); /* as doctor's step calls it */
    } finally {
        await browser.close();
    }
}

/* Through the browser's own service of permissions, while it runs. */
async function setInFirefox(home, sandbox, value, look) {
    const profile = join(home, '.mozilla/firefox/test');
    mkdirSync(profile, { recursive: true });
    writeFileSync(join(home, '.mozilla/firefox/profiles.ini'), profilesIni);
    const { default: puppeteer } = await import('puppeteer-core');
    const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: '/usr/bin/firefox-esr',
        headless: true,
        userDataDir: profile,
        args: ['--remote-allow-system-access'], /* for what belongs to the browser itself */
        extraPrefsFirefox: firefoxPreferences(nowhere),
        env: sandbox.env(),
    });
    try {
        const page = await browser.newPage();
        page.goto('about:config').catch(() => {});
        const set = await until('the permission', () => page.evaluate((origin, choice) => {
            const { perms, scriptSecurityManager: manager } = Services;
            const principal = manager.createContentPrincipalFromOrigin(origin);
            perms.addFromPrincipal(principal, 'loopback-network',
                choice === 'block' ? perms.DENY_ACTION : perms.ALLOW_ACTION);
            return perms.testPermissionFromPrincipal(principal, 'loopback-network');
        }, portalOrigin, value).catch(() => undefined));
        assert.equal(set, value === 'block' ? 2 : 1);
        await look?.();
    } finally {
        await browser.close();
    }
}

const setters = { Chromium: setInChromium, Firefox: setInFirefox };

for (const browser of browsers) {
    describe(`hufu doctor and ${browser.name}`, { skip: skipDaemon() || skipBrowser(browser) }, () => {
        let daemon;

        before(async () => {
            daemon = await startDaemon();
        });

        after(() => daemon?.stop());

        const finding = async () => JSON.parse(await daemon.sandbox.hufu('doctor', '--json')
            .catch(({ stdout }) => stdout)).checks.find(({ id }) => id === 'permission');

        it('names a website that the browser blocks, and forgets it once it is allowed', async () => {
            const { sandbox } = daemon;
            await setters[browser.name](sandbox.home, sandbox, 'block');
            const { state, text } = await finding();
            assert.equal(state, 'trouble');
            assert.match(text.en, new RegExp(`^${browser.name} blocks ${portalOrigin}, `));
            await setters[browser.name](sandbox.home, sandbox, 'allow');
            assert.equal((await finding()).state, 'ok');
        });
    });
}
