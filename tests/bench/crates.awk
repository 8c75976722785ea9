# From a dump of callgrind to lines "NAME CRATE COUNT": what a call spends itself in the files of each crate. Needs -v name
# and -v calls. Inlined code stays with the file it was written in; generic code of the standard library too.

# The file of an id: `(7) path` names it, `(7)` alone refers to it.
function file(text,    id) {
    id = text
    sub(/\).*/, "", id)
    if (match(text, /\) /)) path[id] = substr(text, RSTART + 2)
    return path[id]
}

function crate(where,    parts) {
    if (match(where, /\/registry\/src\/[^\/]+\/[^\/]+/)) {
        split(substr(where, RSTART, RLENGTH), parts, "/")
        sub(/-[0-9]+\.[0-9].*/, "", parts[5])
        return parts[5]
    }
    if (match(where, /\/(shared|servers|tests)\/([^\/]+\/)?src\//)) {
        split(substr(where, RSTART + 1, RLENGTH), parts, "/")
        return parts[1] (parts[2] == "src" ? "" : "/" parts[2])
    }
    if (where ~ /^\/rustc\/|^\/rust\/deps\//) return "std"
    if (where ~ /^\/aws-lc\//) return "aws-lc"
    if (where ~ /\/memmove|\/memcpy/) return "libc:memcpy"
    if (where ~ /^\.\/|\/sysdeps\//) return "libc"
    return "unknown"
}

/^(fl|fi|fe)=/ { at = crate(file(substr($0, 4))); next }
/^cf[il]=/ { file(substr($0, 5)); next }
# The line after it is the cost of the callee.
/^calls=/ { getline; next }
/^[0-9+*-]/ { count[at] += $2 }
END { for (at in count) print name, at, count[at] / calls }
