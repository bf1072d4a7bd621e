/* Takes the pictures of the guide for importing by hand; tests/browser/pictures starts it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openChromiumWindow, openFirefoxWindow } from '../lib/browsers.mjs';
import { exceptInFirefox, importInChromium } from '../lib/dialogs.mjs';
import { startSandbox } from '../lib/sandbox.mjs';
import { startDisplay } from '../lib/xvfb.mjs';

const pictures = fileURLToPath(new URL('../../web/import', import.meta.url));

const below = 90; /* pixels of a long page that are left below what is clicked */

/* The dialog, or the upper part of a long page, with a ring around what is clicked. */
function draw(raw, file, box, dialog) {
    const [left, top] = [box.x - 5, box.y - 5].map(Math.round);
    const [right, bottom] = [box.x + box.width + 5, box.y + box.height + 5].map(Math.round);
    const height = dialog.height < 600 ? dialog.height : bottom - dialog.y + below;
    const crop = [dialog.width, height, dialog.x, dialog.y].map(Math.round);
    const ring = `roundrectangle ${left},${top} ${right},${bottom} 9,9`;
    execFileSync('convert', [raw, '-fill', 'none', '-stroke', 'white', '-strokewidth', '8',
        '-draw', ring, '-stroke', '#d4351c', '-strokewidth', '4', '-draw', ring,
        '-crop', `${crop[0]}x${crop[1]}+${crop[2]}+${crop[3]}`, '+repage',
        '-strip', '+dither', '-colors', '48', '-define', 'png:compression-level=9',
        `PNG8:${file}`]);
}

async function take(language, sandbox, display) {
    const folder = join(pictures, language);
    const home = join(sandbox.folder, `home-${language}`);
    const raw = join(sandbox.folder, 'raw.png');
    mkdirSync(folder, { recursive: true });
    mkdirSync(home);
    const look = (page) => async (step, box, dialog) => {
        await page.screenshot({ path: raw });
        draw(raw, join(folder, `${step}.png`), box, dialog);
        console.log(`${language}/${step}.png`);
    };
    execFileSync(join(sandbox.bin, 'hufu'), ['trust', 'export', home], { env: sandbox.env() });
    const options = { home, env: display.env, language };
    const chromium = await openChromiumWindow(options);
    await importInChromium(chromium.page, display, join(home, 'hufu-localhost.pem'),
        look(chromium.page));
    await chromium.close();
    const firefox = await openFirefoxWindow(options);
    await exceptInFirefox(firefox.page, `https://localhost:${sandbox.port}`, look(firefox.page));
    await firefox.close();
    rmSync(raw);
}

const display = await startDisplay('1000x800x24');
const sandbox = await startSandbox({ cards: 'none', more: ['--default-ports'] });
try {
    const languages = process.argv.length > 2 ? process.argv.slice(2) : ['en-US', 'zh-TW'];
    for (const language of languages) {
        await take(language, sandbox, display);
    }
} finally {
    await sandbox.stop();
    await display.stop();
}
