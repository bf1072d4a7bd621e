set -g __hufu_contexts
set -g __hufu_options

function __hufu_context
    set -l context hufu
    for word in (commandline -opc)[2..]
        contains -- "$context $word" $__hufu_contexts; and set context "$context $word"
    end
    echo $context
end

# Whether the cursor is in this context, and not behind an option that takes something.
function __hufu_at
    test (__hufu_context) = "$argv[1]"; and not contains -- (__hufu_context)" "(commandline -opc)[-1] $__hufu_options
end

# Whether what comes now is what this context, or its last word, takes.
function __hufu_takes
    test (__hufu_context) = "$argv[1]"; or test (__hufu_context)" "(commandline -opc)[-1] = "$argv[1]"
end

function __hufu_names
    for kind in $argv
        switch $kind
            case folder
                __fish_complete_directories (commandline -ct) ''
            case origin
                hufu sites list --json 2>/dev/null | string match -ra '"origin":"[^"]*"' | string split -f 4 '"'
            case scope
                printf '%s\n' see read sign decrypt pin all
        end
    end
end

complete -c hufu -f
