/* docs/components/gpki.md as data: what it promises of each function is what tests hold hufu to. */
import { readFileSync } from 'node:fs';

const cellsOf = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());
const unquoted = (cell) => cell.replace(/^`(.*)`$/, '$1');

/* "61921 to 61925" stands for five codes; a range of codes that have no text of their own for none. */
function codesIn(text) {
    return text.split(';').filter((part) => !part.includes('any other')).flatMap((part) => (
        [...part.matchAll(/\b(\d{4,5})(?: to (\d{4,5}))?\b/g)].flatMap(([, from, to = from]) => (
            Array.from({ length: to - from + 1 }, (_, i) => Number(from) + i)))));
}

function readRow([name, parameters, result, source, codes, state]) {
    return {
        name: unquoted(name), parameters: parameters.split(' ').filter(Boolean), source, codes, state,
        returns: result.match(/^(text|number|code)/)?.[1] ?? (result.startsWith('the same') ? 'text' : ''),
    };
}

/* The words of a cell "codes": groups, numbers, "as above", "as `NAME`". */
function resolveCodes(row, rows, groups) {
    const other = row.codes.match(/^as (?:above|`(\w+)`)/);
    const before = other && (other[1] ? rows.find(({ name }) => name === other[1])
        : rows[rows.indexOf(row) - 1]);
    const named = Object.keys(groups).filter((group) => row.codes.split(/[ ,]+/).includes(group));
    return [...before ? resolveCodes(before, rows, groups) : [],
        ...named.flatMap((group) => groups[group]), ...codesIn(row.codes)];
}

/* { functions, mac, everywhere }: the rows of both pages, and the codes that any function may have.
 * A row is { name, parameters, returns: text, number or code, codes, state }. */
export function readDocument(text = readFileSync(
    new URL('../../docs/components/gpki.md', import.meta.url), 'utf8')) {
    const lines = text.split('\n').filter((line) => line.startsWith('|')).map(cellsOf);
    const groups = Object.fromEntries(lines.filter(([name]) => /^\*[\w ]+\*$/.test(name))
        .map(([name, codes]) => [name.replaceAll('*', ''), codesIn(codes)]));
    const rows = lines.filter((cells) => cells.length === 6 && /^`\w+`$/.test(cells[0])).map(readRow);
    const mac = lines.filter((cells) => cells.length === 2 && /^`\w+`$/.test(cells[0]))
        .map(([name, parameters]) => ({
            name: unquoted(name), parameters: parameters.split(' ').filter(Boolean) }));
    return {
        functions: rows.map((row) => ({ ...row, codes: resolveCodes(row, rows, groups) })),
        mac,
        everywhere: [...groups.consent, ...groups['any function']],
    };
}
