/* `hufu errors`, the manual page and the web page of codes: one table, told in four ways. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

import { programs } from '../lib/sandbox.mjs';

const build = dirname(programs);
const languages = { 'en': 'C.UTF-8', 'zh-TW': 'zh_TW.UTF-8' };

function errors(args, language = 'en') {
    const { status, stdout, stderr } = spawnSync(join(programs, 'hufu'), ['errors', ...args],
        { encoding: 'utf8', env: { LC_ALL: languages[language] } });
    return { status, stdout, stderr };
}

const table = JSON.parse(errors(['--json']).stdout).errors;

/* What was wrapped, in one line again: Chinese is broken between characters, English at spaces. */
const joined = (text, language) => (
    text.replace(/\n */g, language === 'en' ? ' ' : '').replace(/ +/g, ' '));

describe('hufu errors', () => {
    it('lists every code, one a line, below its family', () => {
        for (const language of Object.keys(languages)) {
            const { status, stdout, stderr } = errors([], language);
            assert.deepEqual([status, stderr], [0, '']);
            const lines = stdout.split('\n').filter((line) => /^ *\d/.test(line));
            assert.deepEqual(lines.map((line) => line.trim()),
                table.map(({ code, text }) => `${code}  ${text[language]}`));
        }
    });

    it('answers for every code what, why and the next step', () => {
        for (const [language, why, next] of [['en', 'Why', 'Next'], ['zh-TW', '原因', '下一步']]) {
            const { stdout } = errors(table.slice(0, 60).map(({ code }) => `${code}`), language);
            const answers = stdout.split('\n\n');
            assert.equal(answers.length, 60);
            answers.forEach((answer, i) => {
                const { text, cause, remedy } = table[i];
                const line = joined(answer, language).replaceAll(' ', '');
                for (const part of [text[language], why + cause[language], next + remedy[language]]) {
                    assert.ok(line.includes(part.replaceAll(' ', '')), `${part}\n${answer}`);
                }
            });
        }
    });

    it('fits into a terminal', () => {
        const { stdout } = errors(table.slice(0, 60).map(({ code }) => `${code}`));
        stdout.split('\n').forEach((line) => assert.ok(line.length < 80, line));
    });

    it('tells of 61905 like a good colleague', () => {
        assert.equal(errors(['61905']).stdout, `\
61905  hufu could not start in full.
  Why   Its configuration has a mistake, the program hufu-worker cannot be
        started, or another program holds its ports. Restarting the computer
        mends none of these.
  Next  Run hufu doctor: it says which of these it is and what to do.
`);
        assert.equal(errors(['61905'], 'zh-TW').stdout, `\
61905  服務初始化失敗：虎符未能完整啟動。
  原因    設定檔有誤、無法啟動 hufu-worker 程式，或連接埠被其他程式占用。重新
          開機無法解決這些問題。
  下一步  請執行 hufu doctor，它會指出是哪一種情形以及該怎麼做。
`);
    });

    it('says which codes are not hufu’s', () => {
        assert.match(errors(['61006']).stdout, /Note {2}hufu itself never raises this number/);
        assert.doesNotMatch(errors(['61005']).stdout, /Note/);
    });

    it('prints JSON with both languages', () => {
        const { status, stdout } = errors(['9039', '61014', '--json'], 'zh-TW');
        assert.equal(status, 0);
        const { errors: rows, ...rest } = JSON.parse(stdout);
        assert.deepEqual(rest, {});
        assert.deepEqual(rows.map(({ code, symbol, raised }) => [code, symbol, raised]),
            [[9039, 'E_PIN_INCORRECT', true], [61014, 'E_PROXY', false]]);
        rows.flatMap(({ text, cause, remedy }) => [text, cause, remedy]).forEach((says) => (
            assert.deepEqual(Object.keys(says), ['en', 'zh-TW'])));
    });

    it('says so when nobody knows the number, and what is near', () => {
        for (const [code, family] of [['61907', /61001-61999 {2}The service/],
            ['7000', /5901-5999/], ['99999999999999999999', /61001-61999/]]) {
            const { status, stdout, stderr } = errors([code]);
            assert.deepEqual([status, stdout], [1, '']);
            assert.match(stderr, family);
        }
        const { status, stdout } = errors(['61907', '5070', '--json']);
        assert.equal(status, 1);
        assert.deepEqual(JSON.parse(stdout).errors.map(({ code }) => code), [5070]);
    });

    it('refuses what is no number', () => {
        for (const word of ['', 'E_START', '61905x', '--all']) {
            const { status, stdout, stderr } = errors([word]);
            assert.deepEqual([status, stdout], [2, '']);
            assert.match(stderr, /Usage: hufu errors/);
        }
    });
});

describe('what is made from the table', () => {
    const manual = join(build, 'docs', 'man', 'hufu-errors.7');
    const page = readFileSync(join(build, 'web', 'errors', 'index.html'), 'utf8');

    it('has every code in the manual page', { skip: !existsSync(manual) && 'missing: scdoc' }, () => {
        const text = readFileSync(manual, 'utf8');
        table.forEach(({ code }) => assert.match(text, new RegExp(`^\\\\fB${code}\\\\fR `, 'm')));
    });

    it('has every code in the web page, twice, and needs no script', () => {
        const ids = [...page.matchAll(/<section id="([^"]+)">/g)].map(([, id]) => id);
        assert.deepEqual(ids, [...table.map(({ code }) => `${code}`),
            ...table.map(({ code }) => `${code}-en`)]);
        assert.doesNotMatch(page, /<script|\bon\w+=|https?:/);
    });

    it('links to nothing that is not there', () => {
        const targets = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
        for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) {
            assert.ok(targets.has(target), target);
        }
    });
});
