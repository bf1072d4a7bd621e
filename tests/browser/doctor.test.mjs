/* hufu doctor and what real browsers keep about a website that may not reach this computer: a person
 * blocks the website in the browser's own settings or at its prompt, doctor says so, and its step mends
 * it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { browsers, launchChromium, launchFirefox, prepareFirefox } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { makeIdentity, portalHost, startPortal } from '../lib/portal.mjs';
import { portalOrigin } from '../lib/servisign.mjs';
import { skipBrowser } from './bench.mjs';

const pages = fileURLToPath(new URL('../../web/kit', import.meta.url));
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

/* What a person clicks in the browser's own window; a button that has just come does not listen yet. */
const clicks = {
    forget: () => {
        const { document } = Services.wm.getMostRecentWindow('navigator:browser');
        const remove = document.querySelector('.permission-popup-permission-remove-button');
        (remove ?? document.getElementById('identity-permission-box')).click();
        return Boolean(remove);
    },
    answer: (choice) => {
        const { PopupNotifications } = Services.wm.getMostRecentWindow('navigator:browser');
        const prompt = PopupNotifications.panel.querySelector('#loopback-network-notification');
        if (prompt && !prompt.checkbox.checked) {
            prompt.checkbox.click(); /* Remember my choice for this site */
        }
        (choice === 'block' ? prompt?.secondaryButton : prompt?.button)?.click();
    },
};

/* A page looks for hufu, and a person answers the prompt, having taken an earlier answer back. */
async function setInFirefox(home, sandbox, value) {
    const identity = await makeIdentity(join(sandbox.folder, 'pages'), [portalHost]);
    const profile = await prepareFirefox(sandbox, identity.ca);
    const portal = await startPortal({ folder: pages, identity });
    const browser = await launchFirefox(sandbox, profile, portal, { isPublic: true, answered: true });
    try {
        const chrome = await browser.newPage();
        chrome.goto('about:config').catch(() => {});
        await until('about:config',
            () => chrome.evaluate(() => Boolean(window.Services)).catch(() => false));
        const page = await browser.newPage();
        await page.goto(portal.origin);
        await page.bringToFront();
        if (value === 'allow') {
            await until('the list of permissions', () => chrome.evaluate(clicks.forget));
            await page.reload();
        }
        await page.evaluate((url) => {
            fetch(url).catch(() => {}); /* it waits for the prompt */
        }, `https://localhost:${sandbox.port}/`);
        await until('the answer', async () => {
            await chrome.evaluate(clicks.answer, value);
            return await page.evaluate(() => navigator.permissions.query({ name: 'loopback-network' })
                .then(({ state }) => state)) === (value === 'allow' ? 'granted' : 'denied');
        });
    } finally {
        await browser.close();
        await portal.close();
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
