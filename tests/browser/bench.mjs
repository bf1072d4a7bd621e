/* All that a browser test stands on: display, sandbox, web site, browser, page. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startKit } from '../lib/kit.mjs';
import { makeIdentity, portalHost, startPortal } from '../lib/portal.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs, startSandbox } from '../lib/sandbox.mjs';
import { displayPrograms, startDisplay } from '../lib/xvfb.mjs';

const adapterPages = fileURLToPath(new URL('../../web/kit', import.meta.url));

const pinentryQt = '/usr/bin/pinentry-qt';

export function skipBrowser(browser) {
    return skipWithout(...browser.needs, ...displayPrograms, pinentryQt, 'certutil', 'openssl',
        join(programs, 'hufud'));
}

export class Bench {
    #cleanups = [];

    #keep(thing, stop) {
        this.#cleanups.unshift(() => thing[stop]());
        return thing;
    }

    async #start(browser, {
        host, folder, opening, more, start = startSandbox, pinentry = pinentryQt, ...site
    }) {
        this.display = this.#keep(await startDisplay(), 'stop');
        this.sandbox = this.#keep(
            await start({ pinentry, display: this.display.name, more }), 'stop');
        const identity = await makeIdentity(join(this.sandbox.folder, 'pages'), [host]);
        this.portal = this.#keep(await startPortal({
            folder, identity, host, ca: this.sandbox.hierarchy, ...site,
        }), 'close');
        this.browser = this.#keep(
            await browser.open(this.sandbox,
                { portal: this.portal, authority: identity.ca, ...await opening?.(this.sandbox) }),
            'close');
    }

    /* In the place of startSandbox: hufu kit, as a developer of websites has it. */
    static startOnKit(browser, options = {}) {
        return Bench.start(browser, { start: startKit, ...options });
    }

    /* Options: host (whose name the web site bears), folder (its pages), opening(sandbox) (which
     * resolves with more options for the browser), more and pinentry (of startSandbox), others of
     * startPortal. */
    static async start(browser, options = {}) {
        const bench = new Bench();
        try {
            await bench.#start(browser, { host: portalHost, folder: adapterPages, ...options });
        } catch (error) {
            await bench.stop();
            throw error;
        }
        return bench;
    }

    async stop() {
        for (const cleanup of this.#cleanups) {
            await cleanup();
        }
    }

    async newPage(path = '/') {
        const page = await this.browser.newPage();
        await page.goto(this.portal.origin + path);
        return page;
    }

    /* A page whose script has looked for the component: { page, code }, code 0 = found. Other
     * parts of the script (JSVersion) and of its product (its names and versions), and other ports,
     * are options. */
    async openAdapter(template, face = 'windows', options = {}) {
        const page = await this.newPage();
        const code = await page.evaluate(({ template, face, script, product, ports }) => {
            window.gpki = createAdapter({ ...templates[template], ...script },
                { ...gpkiFaces[face], ...product }, ports);
            return ServiSign_GetErrorCode();
        }, { template, face, ports: [this.sandbox.port], ...options });
        return { page, code };
    }
}

/* Calls a function of the page's component; resolves with { value, code }. */
export function call(page, name, ...args) {
    return page.evaluate(({ name, args }) => {
        const value = window.gpki[name](...args);
        return { value, code: window.gpki.get_lastError() };
    }, { name, args });
}
