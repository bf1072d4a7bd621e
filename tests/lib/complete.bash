#!/usr/bin/env bash
# complete.bash FOLDER LINE: what bash offers behind LINE with the completions in FOLDER, one a line.
. "$1/hufu"
read -ra COMP_WORDS <<<"$2"
[[ $2 != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_hufu
printf '%s\n' "${COMPREPLY[@]}"
