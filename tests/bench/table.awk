# Reads rows (tab-separated: what, unit, digits, series, beside, its series, target) and the series
# they name, files of one number a line in the folder `series`. Prints the table.
#
# A target is a relation and a number, "<= 25" or "= 0"; with an x at its end it is about the ratio,
# with a + about the difference.

function load(name, list,    file, n, line) {
    file = series "/" name
    n = 0
    while ((getline line < file) > 0)
        list[++n] = line + 0
    close(file)
    return n
}

# `part` of the sorted numbers lie below the result.
function quantile(list, n, part,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = list[i]
        for (j = i - 1; j > 0 && list[j] > x; j--)
            list[j + 1] = list[j]
        list[j + 1] = x
    }
    i = int(n * part + 0.5)
    return list[i < 1 ? 1 : i]
}

# "-" where nothing was measured, or too little for a tail.
function shown(name, part,    list, n) {
    n = name == "" ? 0 : load(name, list)
    return n == 0 || (part > 0.5 && n < 20) ? "-" : sprintf("%." digits "f", quantile(list, n, part))
}

function verdict(target, value, ratio, theirs,    words, n, miss) {
    n = split(target, words, " ")
    if (n < 2 || value == "-" || (n == 3 && ratio == "-"))
        return ""
    value = words[3] == "x" ? ratio : words[3] == "+" ? value - theirs : value
    miss = words[1] == ">=" ? words[2] - value : value - words[2]
    return miss <= 0 ? "reached" : sprintf("missed by %." (words[3] == "x" ? 2 : digits) "f", miss)
}

function print_row(what, unit, own, own_tail, beside, theirs, their_tail, ratio, target, end) {
    printf "%-33s %8s %8s  %-4s  %-27s %8s %8s %7s  %-8s  %s\n", what, own, own_tail, unit, \
        beside, theirs, their_tail, ratio, target, end
}

BEGIN {
    FS = "\t"
    print_row("", "", "hufu", "95 %", "beside", "", "95 %", "ratio", "target", "")
}

{
    digits = $3
    own = shown($4, 0.5)
    theirs = shown($6, 0.5)
    ratio = own == "-" || theirs + 0 == 0 ? "-" : sprintf("%.2f", own / theirs)
    print_row($1, $2, own, shown($4, 0.95), $5, theirs, shown($6, 0.95), ratio, $7, \
        verdict($7, own, ratio, theirs))
}
