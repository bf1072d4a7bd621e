
_hufu_names() { # KIND
    case $1 in
    folder) _files -/ ;;
    origin) compadd -- ${(f)"$(hufu sites list --json 2>/dev/null | grep -o '"origin":"[^"]*"' | cut -d'"' -f4)"} ;;
    scope) compadd -- see read sign decrypt pin all ;;
    esac
}

_hufu() {
    local context=hufu kind i
    local -a rows
    for ((i = 2; i < CURRENT; i++)); do
        (( ! ${+_hufu_words[$context $words[i]]} )) || context+=" $words[i]"
    done
    kind=${_hufu_takes[$context $words[CURRENT-1]]:-}
    if [[ -z $kind ]]; then
        rows=("${(@f)${_hufu_words[$context]%$'\n'}}")
        _describe 'hufu' rows
        kind=${_hufu_takes[$context]:-}
    fi
    for kind in ${=kind}; do
        _hufu_names $kind
    done
}

_hufu "$@"
