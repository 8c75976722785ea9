# From lines "name NAME WORDS…", "load NAME CONNECTIONS CALLS/S CPU P50 P99 P99.9", "memory NAME MB" and
# "instructions NAME CONNECTIONS COUNT" to one Markdown table, and the goals below it.

$1 == "name" {
    servers[++last] = $2
    words = $0
    sub(/^name [^ ]+ /, "", words)
    title[$2] = words
}
$1 == "load" {
    n = ++seen[$2, $3]
    for (field = 4; field <= 8; field++) value[$2, $3, field, n] = $field
}
$1 == "memory" { memory[$2] = sprintf("%.0f", $3) }
$1 == "instructions" { instructions[$2, $3] = $4 }

function median(name, at, field,    n, i, j, kept, sorted) {
    n = seen[name, at]
    for (i = 1; i <= n; i++) sorted[i] = value[name, at, field, i]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && sorted[j - 1] > sorted[j]; j--) {
            kept = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = kept
        }
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function number(format, name, at, field) { return seen[name, at] ? sprintf(format, median(name, at, field)) : "–" }

function thousands(count) { return count == "" ? "–" : sprintf("%.1f k", count / 1000) }

function times(count, of) { return count == "" || !of ? "–" : sprintf("%.2f ×", count / of) }

END {
    print "| server | connections | calls/s | CPU µs/call | p50 ms | p99 ms | p99.9 ms | instructions/call | to bare rmcp | peak MB |"
    print "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    split("1 16 64 16r", ats)
    label["1"] = "1"; label["16"] = "16"; label["64"] = "64"; label["16r"] = "16, about 200 calls/s"
    for (a = 1; a <= 4; a++)
        for (s = 1; s <= last; s++) {
            name = servers[s]; at = ats[a]
            if (!seen[name, at] && instructions[name, at] == "") continue
            printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", title[name], label[at],
                number("%.0f", name, at, 4), number("%.0f", name, at, 5), number("%.2f", name, at, 6),
                number("%.2f", name, at, 7), number("%.2f", name, at, 8), thousands(instructions[name, at]),
                times(instructions[name, at], instructions["bare", at]), at == "64" ? memory[name] : ""
        }
    print ""
    for (a = 1; a <= 2; a++) {
        at = ats[a]
        if (instructions["turnpike", at] == "") continue
        printf "- Goal: at most 1.30 × the instructions of bare rmcp. With %s connection%s %s; %s with the same allocator.\n", at,
            at == "1" ? "" : "s", times(instructions["turnpike", at], instructions["bare", at]),
            times(instructions["turnpike", at], instructions["bare-mimalloc", at])
    }
    if (seen["turnpike", "1"]) {
        added = median("turnpike", "1", 6) - median("bare", "1", 6)
        slow = median("turnpike", "16r", 6) - median("bare", "16r", 6)
        printf "- Goal: at most 0.5 ms added at p50. At one connection %.2f ms, at about 200 calls/s %.2f ms.\n", added, slow
    }
}
