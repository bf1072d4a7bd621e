/* All calls of one function on one page, from its row in functions.mjs and the kinds of its arguments. */
import { kinds, missing, unreadable } from './kinds.mjs';

/* What a function says of an argument that is not there at all; other kinds count it as empty. */
const absent = { text: 5005, slot: 5005, xml: 5005, id: 5005, encoded: 5005, defaultCodePage: 5005 };

/* An argument of a function that is refused whatever it is. */
const ordinary = (t) => ({
    pin: t.pin, path: '/etc/hostname', id: 's1', number: 0, xml: t.xml, sealed: t.sealed });

const replaced = (args, at, value) => args.map((arg, i) => (i === at ? value : arg));

/* A case is { what, args } and either codes, one of which is right, or judge and judgedArgs. */
class Cases {
    constructor(row, inputs, arity, adapter) {
        Object.assign(this, { row, inputs, adapter });
        this.kinds = row.kinds.slice(0, arity);
        const refused = row.refused && this.#refusedCase();
        this.good = refused ? [] : (row.good ?? []).map((one) => this.#valid(one));
        this.fails = (row.fails ?? []).map((one) => ({
            what: 'fails', args: this.#argsOf(one), codes: [one.code] }));
        this.early = (row.early ?? []).map((one) => ({
            what: 'early', args: this.#argsOf(one), codes: [one.code], early: true }));
        this.base = refused || (this.good[0] ?? this.fails[0]);
    }

    #argsOf({ args }) {
        return args(this.inputs).slice(0, this.kinds.length);
    }

    #valid(one) {
        const args = this.#argsOf(one);
        const codes = this.row.code && [this.row.code];
        return { what: 'valid', args, judge: one.judge, judgedArgs: one.args(this.inputs), after: codes };
    }

    #refusedCase() {
        const args = this.kinds.map((kind) => ordinary(this.inputs)[kind]);
        return { what: 'refused', args, codes: [5906] };
    }

    /* The base call with another argument, which is wrong, or as good as that of another call. */
    #changed(at, { what, value, code, as }, args = replaced(this.base.args, at, value)) {
        const label = `${what} as argument ${at}`;
        if (this.row.refused && code < 61000) {
            return { what: label, args, codes: [5906] };
        }
        if (code) {
            return { what: label, args, codes: [code], mend: code === 9039 };
        }
        return { ...this.base, what: label, args,
            judgedArgs: this.base.judgedArgs && replaced(this.base.judgedArgs, at, as) };
    }

    #kindsAt(at) {
        const list = kinds[this.kinds[at]](this.inputs);
        return this.adapter !== 'plain' ? list
            : list.map(({ asPlain, ...one }) => (asPlain === undefined ? one : { ...one, as: asPlain }));
    }

    #spoilt(choose) {
        return this.kinds.flatMap((_, at) => this.#kindsAt(at).filter(choose)
            .map((one) => this.#changed(at, one)));
    }

    /* Each at another argument, as far as there are some. */
    #unreadable(list) {
        return this.kinds.length === 0 ? [] : list.map((one, i) => ({
            ...this.#changed(i % this.kinds.length, one), noRequest: one.noRequest }));
    }

    /* Fewer arguments than the function has. */
    #fewer(count) {
        const rest = this.kinds.slice(count).map((kind, i) => (absent[kind] ? { code: absent[kind] }
            : this.#kindsAt(count + i).find(({ value }) => value === missing) ?? this.#kindsAt(count + i)[0]));
        const codes = rest.map(({ code }) => code).filter(Boolean);
        const what = `${count} arguments`;
        const args = this.base.args.slice(0, count);
        if (this.row.refused || codes.length > 0) {
            return { what, args, codes: this.row.refused ? [5906] : codes };
        }
        const judgedArgs = this.base.judgedArgs
            && [...this.base.judgedArgs.slice(0, count), ...rest.map(({ as }) => as)];
        return { ...this.base, what, args, judgedArgs };
    }

    /* As published adapters call: every argument as base64 of its text. */
    get windows() {
        return [...this.early, this.base, ...this.good.slice(1), ...this.fails.filter((one) => one !== this.base),
            ...this.#spoilt(({ only }) => !only), ...this.#unreadable(unreadable.flagged)];
    }

    /* The same under other names: each argument is where it belongs, and is looked at. */
    get mac() {
        return [...this.early, this.base, ...this.kinds.flatMap((_, at) => (
            this.#kindsAt(at).filter(({ code }) => code).slice(0, 1).map((one) => this.#changed(at, one))))];
    }

    /* As JSON values: numbers are numbers, or texts. */
    get plain() {
        const texts = this.base.args.map((arg) => `${arg}`);
        return [this.base, { ...this.base, what: 'texts', args: texts },
            ...this.#spoilt((one) => one.plain || one.only),
            ...this.#unreadable(unreadable.plain), ...this.kinds.map((_, count) => this.#fewer(count))];
    }
}

/* What one function is called with by an `adapter` (windows, mac, plain) that gives it `arity`
 * arguments. */
export function casesOf(row, inputs, arity, adapter) {
    return new Cases(row, inputs, arity, adapter)[adapter];
}
