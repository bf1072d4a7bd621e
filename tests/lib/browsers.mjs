/* Real browsers in a throwaway home, under remote control. They check certificates as always:
 * trust comes from the databases in that home and from nowhere else. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const withEtc = fileURLToPath(new URL('with-etc', import.meta.url));

/* The program, with the files of root/etc over those of /etc when there is a root. */
async function programWith(sandbox, program, root) {
    if (!root) {
        return program;
    }
    const script = join(sandbox.folder, basename(program));
    await writeFile(script, `#!/bin/sh\nexec '${withEtc}' '${root}' ${program} "$@"\n`, { mode: 0o755 });
    return script;
}

/* NSS lets a database be shared, but not be written by two at once. */
async function addAuthority(database, file) {
    await run('certutil',
        ['-A', '-d', `sql:${database}`, '-n', 'hufu test pages', '-t', 'C,,', '-i', file]);
}

async function makeDatabase(folder) {
    if (!existsSync(join(folder, 'cert9.db'))) {
        await mkdir(folder, { recursive: true });
        await run('certutil', ['-N', '--empty-password', '-d', `sql:${folder}`]);
    }
}

/* The databases of which Chromium reads the first that exists. */
async function trustInChromium(home, authority) {
    const folders = ['.pki/nssdb', '.local/share/pki/nssdb'].map((name) => join(home, name));
    const existing = folders.filter((folder) => existsSync(folder));
    for (const folder of existing.length > 0 ? existing : folders.slice(1)) {
        await makeDatabase(folder);
        await addAuthority(folder, authority);
    }
}

export function chromiumArguments(portal) {
    return [
        `--host-resolver-rules=MAP ${portal.host}:443 127.0.0.1:${portal.port},`
            + `MAP ${portal.host} 127.0.0.1`, /* other ports as they are, as in Firefox */
        '--disable-background-networking', '--disable-component-update',
        '--disable-features=Translate', '--disable-gpu', '--disable-quic', '--disable-sync',
        '--no-default-browser-check', '--no-first-run', '--no-proxy-server',
        '--password-store=basic', '--test-type', ...process.getuid() === 0 ? ['--no-sandbox'] : [],
    ];
}

export async function prepareChromium(sandbox, authority) {
    await trustInChromium(sandbox.home, authority);
    return join(sandbox.home, 'chromium');
}

/* The browser as it is, in a folder that may not exist yet; nothing is added to its trust. Further
 * options: root, a folder whose etc lies over /etc; isPublic, whether the portal has an address of
 * the Internet; oldTls, whether it knows no later TLS than 1.2. */
export async function launchChromium(sandbox, profile, portal, { root, isPublic, oldTls } = {}) {
    const { chromium } = await import('playwright-core');
    const context = await chromium.launchPersistentContext(profile, {
        executablePath: await programWith(sandbox, '/usr/bin/chromium', root),
        headless: true,
        args: [...chromiumArguments(portal),
            ...isPublic ? [`--ip-address-space-overrides=127.0.0.1:${portal.port}=public`] : [],
            ...oldTls ? ['--ssl-version-max=tls1.2'] : []],
        env: sandbox.env(),
        handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false, /* the caller's affair */
    });
    return { newPage: () => context.newPage(), close: () => context.close() };
}

async function openChromium(sandbox, { portal, authority, ...options }) {
    return launchChromium(sandbox, await prepareChromium(sandbox, authority), portal, options);
}

export function firefoxPreferences(portal) {
    return {
        'app.update.enabled': false,
        'browser.aboutwelcome.enabled': false,
        'browser.shell.checkDefaultBrowser': false,
        'browser.startup.homepage_override.mstone': 'ignore',
        'datareporting.policy.dataSubmissionEnabled': false,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
        'network.dns.localDomains': portal.host,
        'network.proxy.type': 0,
        'network.socket.forcePort': `443=${portal.port}`,
        'toolkit.telemetry.reportingpolicy.firstRun': false,
    };
}

/* Where nobody answers the prompt, it would wait for five minutes. */
const publicPreferences = (portal, answered) => ({
    'network.lna.address_space.public.override': `127.0.0.1:${portal.port}`,
    ...!answered && { 'network.lna.prompt.timeout': 1000 },
});

export const profilesIni = `[Profile0]
Name=test
IsRelative=1
Path=test
Default=1
`;

async function makeProfile(folder, authority) {
    await makeDatabase(folder);
    await addAuthority(folder, authority);
    return folder;
}

/* A profile as Firefox itself would have made it, so that `hufu trust install` finds it. */
export async function prepareFirefox(sandbox, authority) {
    const folder = join(sandbox.home, '.mozilla', 'firefox');
    const profile = await makeProfile(join(folder, 'test'), authority);
    await writeFile(join(folder, 'profiles.ini'), profilesIni);
    await sandbox.hufu('trust', 'install');
    return profile;
}

/* As launchChromium; `profile` exists. Further option: answered, whether the test answers prompts. */
export async function launchFirefox(
    sandbox, profile, portal, { root, isPublic, answered, oldTls } = {}) {
    const { default: puppeteer } = await import('puppeteer-core');
    const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: await programWith(sandbox, '/usr/bin/firefox-esr', root),
        headless: true,
        userDataDir: profile,
        acceptInsecureCerts: false,
        /* for about:policies, and for prompts */
        args: root || answered ? ['--remote-allow-system-access'] : [],
        extraPrefsFirefox: {
            ...firefoxPreferences(portal),
            ...isPublic && publicPreferences(portal, answered),
            ...oldTls && { 'security.tls.version.max': 3 },
        },
        env: sandbox.env(),
    });
    return { newPage: () => browser.newPage(), close: () => browser.close() };
}

async function openFirefox(sandbox, { portal, authority, profile, ...options }) {
    const folder = profile ? await makeProfile(profile, authority)
        : await prepareFirefox(sandbox, authority);
    return launchFirefox(sandbox, folder, portal, options);
}

/* Per browser: what it needs, and open(sandbox, { portal, authority, ... }), which resolves with
 * { newPage(), close() }. Further options: those of launchChromium; profile, a folder that hufu knows
 * nothing of (Firefox). Pages share goto(url), evaluate(function, argument), screenshot(). */
export const browsers = [
    { name: 'Chromium', needs: ['/usr/bin/chromium', 'playwright-core'], open: openChromium },
    { name: 'Firefox', needs: ['/usr/bin/firefox-esr', 'puppeteer-core'], open: openFirefox },
];

/* --- with a window, for dialogs that no page can open --- */

const nowhere = { host: 'portal.invalid', port: 1 };

/* Options: home (a throwaway one), env, language, portal and its authority; resolves with
 * { page, newPage(), close() }. */
export async function openChromiumWindow(
    { home, env, language = 'en-US', portal = nowhere, authority }) {
    const { chromium } = await import('playwright-core');
    if (authority) {
        await trustInChromium(home, authority);
    }
    const context = await chromium.launchPersistentContext(join(home, 'chromium'), {
        executablePath: '/usr/bin/chromium',
        headless: false,
        viewport: null,
        args: [...chromiumArguments(portal), '--window-size=1000,800', '--window-position=0,0'],
        env: { ...env, HOME: home, LANGUAGE: language.replace('-', '_') },
        handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false,
    });
    const [page] = context.pages();
    return { page, newPage: () => context.newPage(), close: () => context.close() };
}

/* The same; `page` may also show what belongs to the browser itself. */
export async function openFirefoxWindow(
    { home, env, language = 'en-US', portal = nowhere, authority }) {
    const { default: puppeteer } = await import('puppeteer-core');
    const profile = join(home, 'firefox');
    await makeDatabase(profile);
    if (authority) {
        await addAuthority(profile, authority);
    }
    const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: '/usr/bin/firefox-esr',
        headless: false,
        userDataDir: profile,
        acceptInsecureCerts: false,
        defaultViewport: null,
        args: ['--width', '1000', '--height', '800', '--remote-allow-system-access'],
        extraPrefsFirefox: { ...firefoxPreferences(portal), 'intl.locale.requested': language },
        env: { ...env, HOME: home },
    });
    const page = await browser.newPage();
    return { page, newPage: () => browser.newPage(), close: () => browser.close() };
}
