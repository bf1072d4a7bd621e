#!/usr/bin/env -S zsh -f
# complete.zsh FOLDER LINE: what zsh offers behind LINE with the completions in FOLDER, one a line. zsh
# completes at a prompt only: here at one of a terminal of its own, where compadd prints what it gets.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; stty -onlcr -echo"
zpty -w shell 'bindkey "^I" complete-word
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -A hits "$@"
    [[ -z $hits ]] || print -lr -- "<"${^hits}">"
}
ended() { print ENDED }
comppostfuncs=(ended)
print READY'
while zpty -r shell line && [[ $line != READY* ]]; do :; done
zpty -w -n shell "$2"$'\t'
while zpty -r shell line && [[ $line != *ENDED* ]]; do
    [[ $line != *\<*\>* ]] || print -r -- ${${line##*\<}%%\>*}
done
zpty -d shell
