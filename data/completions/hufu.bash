
_hufu_names() { # KIND
    case $1 in
    folder) compgen -d -- "$cur" ;;
    origin) hufu sites list --json 2>/dev/null | grep -o '"origin":"[^"]*"' | cut -d'"' -f4 ;;
    scope) printf '%s\n' see read sign decrypt pin all ;;
    esac
}

_hufu() {
    local cur prev words cword context=hufu kind kinds i
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n : cur prev words cword # an origin has colons
    else
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cword=$COMP_CWORD
        words=("${COMP_WORDS[@]}")
    fi
    for ((i = 1; i < cword; i++)); do
        [[ -z ${_hufu_words["$context ${words[i]}"]-} ]] || context+=" ${words[i]}"
    done
    COMPREPLY=()
    kinds=${_hufu_takes["$context $prev"]-}
    if [[ -z $kinds ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${_hufu_words[$context]}" -- "$cur")
        kinds=${_hufu_takes[$context]-}
    fi
    for kind in $kinds; do
        [[ $kind != folder ]] || compopt -o filenames 2>/dev/null
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$(_hufu_names "$kind")" -- "$cur")
    done
    if declare -F __ltrim_colon_completions >/dev/null; then
        __ltrim_colon_completions "$cur"
    fi
}

complete -F _hufu hufu
