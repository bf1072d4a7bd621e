/* The policies that `hufu trust policy` writes, in real browsers: each is in force, and a page of
 * the Internet talks to hufu without a prompt. The system's own policies are left alone: the files
 * lie over /etc for the browser only. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { browsers } from '../lib/browsers.mjs';
import { until } from '../lib/daemon.mjs';
import { portalHost } from '../lib/portal.mjs';
import { programs } from '../lib/sandbox.mjs';
import { Bench, skipBrowser } from './bench.mjs';

const site = `https://${portalHost}`;
const withEtc = fileURLToPath(new URL('../lib/with-etc', import.meta.url));

function skipPolicies(browser) {
    const folder = mkdtempSync(join(tmpdir(), 'hufu-etc-'));
    try {
        mkdirSync(join(folder, 'etc'));
        execFileSync(withEtc, [folder, 'true'], { stdio: 'ignore' });
    } catch {
        return 'missing: root, and a kernel that lays one folder over another';
    } finally {
        rmSync(folder, { recursive: true });
    }
    return skipBrowser(browser);
}

/* Somebody else's policies in the same folders. */
const theirs = {
    'etc/chromium/policies/managed/school.json': {
        HomepageLocation: 'https://school.example.tw', PopupsAllowedForUrls: ['https://school.example.tw'],
    },
    'etc/firefox/policies/policies.json': {
        policies: { DisableTelemetry: true, PopupBlocking: { Allow: ['https://school.example.tw'] } },
    },
};

/* The system as an administrator leaves it. Firefox has a profile that hufu never saw: if it trusts
 * hufu, then by the policy. */
async function makeSystem(sandbox) {
    const root = join(sandbox.folder, 'system');
    for (const [name, content] of Object.entries(theirs)) {
        await mkdir(dirname(join(root, name)), { recursive: true });
        await writeFile(join(root, name), JSON.stringify(content));
    }
    await sandbox.hufu('trust', 'policy', '--root', root, site);
    execFileSync(withEtc, [root, join(programs, 'hufu'), 'trust', 'install'], { env: sandbox.env() });
    return { root, isPublic: true, profile: join(sandbox.folder, 'stranger') };
}

/* --- what browsers say of their policies --- */

/* All that are set: { name: [value, status, error and warning] }. The page's parts are shadow roots. */
async function chromiumPolicies(bench) {
    const page = await bench.browser.newPage();
    await page.goto('chrome://policy');
    const rows = await until('policies', () => page.evaluate(() => {
        const inside = (root) => [...root.querySelectorAll('*')].flatMap((element) => (
            element.shadowRoot ? [element, ...inside(element.shadowRoot)] : []));
        return inside(document).filter(({ localName }) => localName === 'policy-row')
            .map(({ shadowRoot }) => ['#name', '.policy .value', '.policy .messages', '.errors .value',
                '.warnings .value'].map((part) => shadowRoot.querySelector(part)?.textContent.trim()))
            .filter(([, value]) => value);
    }).then((found) => found.length > 0 && found));
    return Object.fromEntries(rows.map(([name, ...rest]) => [name, rest]));
}

/* { active, errors }: the text of both tables. The page never says that it has loaded. */
async function firefoxPolicies(bench) {
    const page = await bench.browser.newPage();
    page.goto('about:policies').catch(() => {});
    return until('policies', () => page.evaluate(() => {
        const rows = (id) => [...document.getElementById(id).querySelectorAll('tr')]
            .map((row) => [...row.cells].map((cell) => cell.textContent).join(' ').trim());
        const active = rows('activeContent');
        return active.length > 0 && { active, errors: rows('errorsContent') };
    }).catch(() => false));
}

const inForce = {
    async Chromium(bench) {
        const good = (...values) => [JSON.stringify(values), 'OK', '', ''];
        const pattern = `${site}:443`;
        assert.deepEqual(await chromiumPolicies(bench), {
            HomepageLocation: ['https://school.example.tw', 'OK', '', ''],
            LocalNetworkAccessAllowedForUrls: good(pattern),
            LoopbackNetworkAllowedForUrls: good(pattern),
            PolicyListMultipleSourceMergeList: good('LocalNetworkAccessAllowedForUrls',
                'LoopbackNetworkAllowedForUrls', 'PopupsAllowedForUrls'),
            PopupsAllowedForUrls: good('https://school.example.tw', pattern),
        });
    },
    async Firefox(bench) {
        assert.deepEqual(await firefoxPolicies(bench), {
            active: ['DisableTelemetry true', 'PopupBlocking Allow "https://school.example.tw/"',
                `"${site}/"`, `LocalNetworkAccess SkipDomains "${portalHost}"`,
                'Certificates Install "hufu.der"', '"hufu-next.der"'],
            errors: [],
        });
    },
};

/* --- pages of the Internet --- */

/* What a page's own request to hufud comes to, without an adapter. */
function send(page, port) {
    return page.evaluate((url) => {
        const request = new XMLHttpRequest();
        request.open('POST', url, false);
        request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
        try {
            request.send('a=1');
            return request.status;
        } catch (error) {
            return error.name;
        }
    }, `https://localhost:${port}/`);
}

for (const browser of browsers) {
    describe(`a page of the Internet in ${browser.name}`, { skip: skipPolicies(browser) }, () => {
        describe('with the policies', () => {
            let bench;

            before(async () => {
                bench = await Bench.start(browser, { opening: makeSystem });
            });

            after(() => bench?.stop());

            it('finds every policy in force, and no error', () => inForce[browser.name](bench));

            it('calls hufu without a prompt', async () => {
                const { code } = await bench.openAdapter('1.0.20.0423');
                assert.equal(code, 0);
            });
        });

        describe('without them', () => {
            let bench;

            before(async () => {
                bench = await Bench.start(browser, { opening: () => ({ isPublic: true }) });
            });

            after(() => bench?.stop());

            for (const template of ['1.0.18.1219', '1.0.20.0423']) {
                it(`gets 61006 with template ${template}`, async () => {
                    const { page, code } = await bench.openAdapter(template);
                    assert.equal(code, 61006);
                    assert.deepEqual(await page.evaluate(() => trace), []);
                });
            }

            it('sees a NetworkError, as it would if nobody listened', async () => {
                assert.equal(await send(await bench.newPage(), bench.sandbox.port), 'NetworkError');
            });
        });
    });
}
