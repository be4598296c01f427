// simdjson as C: one checker, one question. The library is C++ and fast; what Swift needs of it is a verdict on a
// document and the places of its tokens.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How many bytes behind a document's last one must be readable. What they hold does not matter.
enum { simdjson_checker_padding = 64 };

/// What a document is. The checker returns these and no others.
typedef enum __attribute__((enum_extensibility(closed))) simdjson_verdict {
    /// Exactly one JSON value (RFC 8259) in UTF-8, with nothing but white space around it.
    simdjson_verdict_valid = 0,
    /// No bytes, or white space only.
    simdjson_verdict_empty,
    simdjson_verdict_syntax,
    simdjson_verdict_utf8,
    /// Arrays and objects are nested deeper than the checker's limit.
    simdjson_verdict_depth,
    simdjson_verdict_number,
    /// A string has a malformed escape, half of a surrogate pair, a control character, or no end.
    simdjson_verdict_string,
    simdjson_verdict_too_large,
    simdjson_verdict_memory
} simdjson_verdict;

/// Memory for checking one document after another. Used by one thread at a time.
typedef struct simdjson_checker simdjson_checker;

/// Nil when there is no memory. Up to `depth` arrays and objects may be nested in each other.
simdjson_checker *_Nullable simdjson_checker_create(size_t depth);

void simdjson_checker_destroy(simdjson_checker *_Nonnull checker);

/// Checks `count` bytes completely; `simdjson_checker_padding` more must be readable. Copies nothing, unless a
/// number exceeds 64 bits or a double's range.
///
/// After `simdjson_verdict_valid`, `indexes` are the offsets of the document's `{ } [ ] : ,` and of the first byte of
/// each string, number and literal, in order; `indexes[index_count]` is `count`. They stay until the next check.
simdjson_verdict simdjson_checker_check(
    simdjson_checker *_Nonnull checker, const uint8_t *_Nonnull bytes, size_t count,
    const uint32_t *_Nullable *_Nonnull indexes, size_t *_Nonnull index_count);

#ifdef __cplusplus
}
#endif

#endif
