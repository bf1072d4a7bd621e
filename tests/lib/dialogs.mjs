/* The dialogs of real browsers, used as the guide in web/import tells a person to use them. Before
 * each click `look(step, box, dialog)` gets the box of what is clicked and that of its surroundings,
 * in pixels of the page: tests/browser/pictures draws the guide's pictures from them, so that they
 * show what the tests walk through. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { until } from './daemon.mjs';

const run = promisify(execFile);

const unseen = async () => {};

/* --- Chromium --- */

const fileDialog = '(Open File|開啟檔案)';

/* The desktop's own dialog: a path is typed, and the button in its corner is clicked. */
async function chooseFile(display, path) {
    const id = await display.waitWindow(fileDialog);
    await display.type('/'); /* opens the line for a path, which misses keys until it is there */
    await sleep(700);
    await display.type(path.slice(1));
    await sleep(700);
    const { stdout } = await run('xdotool', ['getwindowgeometry', '--shell', id],
        { env: display.env });
    const [, width, height] = stdout.match(/WIDTH=(\d+)\nHEIGHT=(\d+)/);
    await run('xdotool', ['mousemove', '--window', id, `${width - 50}`, `${height - 28}`,
        'click', '1'], { env: display.env });
    await display.waitNoWindow(fileDialog);
}

/* Imports a file as a trusted certificate; resolves with the SHA-256 that Chromium then shows. The
 * page is one of playwright, on `display`. */
export async function importInChromium(page, display, path, look = unseen) {
    const show = async (step, control) => {
        await control.waitFor();
        await sleep(500); /* it moves into its place */
        await look(step, await control.boundingBox(), await page.locator('#main').boundingBox());
    };
    await page.goto('chrome://certificate-manager');
    const installed = page.locator('#userCertsInstalledLinkRow');
    await show('chromium-1', installed);
    await installed.click();
    const importTrusted = page.locator('cr-button#importCert:visible').first();
    await show('chromium-2', importTrusted);
    await importTrusted.click();
    await chooseFile(display, path);
    const hash = page.locator('certificate-entry:visible #certhash').first();
    await show('chromium-3', hash);
    return hash.locator('input').inputValue();
}

/* --- Firefox --- */

/* Runs in the page of the settings, whose dialogs are documents inside it: `action` gets that of
 * the dialog, or of the page for "", and is tried until its value is neither undefined nor null. */
async function inDocument(page, dialog, action) {
    const script = `(() => {
        const frame = [...document.querySelectorAll('browser.dialogFrame')]
            .find((one) => one.contentWindow?.location.href.endsWith('/${dialog}.xhtml'));
        const inner = ${dialog ? 'frame?.contentDocument' : 'document'};
        return inner?.readyState === 'complete' ? (${action})(inner, frame) : undefined;
    })()`;
    const { value } = await until(`what was expected in ${dialog || 'the settings'}`, async () => {
        const value = await page.evaluate(script);
        return value === undefined || value === null ? undefined : { value };
    });
    return value;
}

/* The box of a control, and of the dialog or the part of the page that it stands in. */
const boxesOf = (control) => `(inner, frame) => {
    const control = ${control};
    control?.scrollIntoView({ block: 'center' });
    const place = frame ? frame.closest('.dialogBox') : control?.closest('moz-card');
    const { x, y } = frame?.getBoundingClientRect() ?? { x: 0, y: 0 };
    const [box, dialog] = [control, place].map((element) => element?.getBoundingClientRect());
    return box?.width && dialog?.width ? [
        { x: x + box.x, y: y + box.y, width: box.width, height: box.height },
        { x: dialog.x, y: dialog.y, width: dialog.width, height: dialog.height },
    ] : undefined;
}`;

/* A moment later: a dialog that opens would keep the answer waiting. */
const clickOn = (control) => `(inner) => {
    inner.defaultView.setTimeout(() => ${control}.click(), 0);
    return true;
}`;

const entry = 'inner.querySelector("#serverList richlistitem")';

/* Trusts the server at `address` as an exception; resolves with { host, sha256 } as the list of them
 * then shows it. The page is one of puppeteer, in a Firefox with --remote-allow-system-access. */
export async function exceptInFirefox(page, address, look = unseen) {
    const show = async (step, dialog, control) => {
        await inDocument(page, dialog, boxesOf(control));
        await sleep(500); /* it moves into its place */
        await look(step, ...await inDocument(page, dialog, boxesOf(control)));
    };
    const press = async (step, dialog, control) => {
        await show(step, dialog, control);
        await inDocument(page, dialog, clickOn(control));
    };
    page.goto('about:preferences#connectionSecurity').catch(() => {}); /* its load has no end */
    await press('firefox-1', '', 'inner.querySelector("#viewCertificatesButton")');
    await press('firefox-2', 'certManager', 'inner.querySelector("#websites_tab")');
    await press('firefox-3', 'certManager', 'inner.querySelector("#websites_exceptionButton")');
    await inDocument(page, 'exceptionDialog', `(inner) => {
        const line = inner.querySelector('#locationTextBox');
        line.value = ${JSON.stringify(address)};
        line.dispatchEvent(new inner.defaultView.Event('input', { bubbles: true }));
        return true;
    }`);
    await press('firefox-4', 'exceptionDialog', 'inner.querySelector("#checkCertButton")');
    const confirm = 'inner.querySelector("dialog").getButton("extra1")';
    await inDocument(page, 'exceptionDialog',
        `(inner) => ${confirm}.disabled ? undefined : true`);
    await press('firefox-5', 'exceptionDialog', confirm);
    await show('firefox-6', 'certManager', entry);
    return inDocument(page, 'certManager', `(inner) => ({
        host: ${entry}.getAttribute('hostPort'),
        sha256: ${entry}.getAttribute('fingerprint').replaceAll(':', '').toLowerCase(),
    })`);
}
