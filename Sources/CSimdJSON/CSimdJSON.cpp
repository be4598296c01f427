// simdjson's DOM parser behind three C functions, and the two places where it is not exact: numbers that fit no
// machine type are legal JSON, and an empty array or object counts as no depth.

// Without the library's throwing functions nothing here can throw; what allocates says so by a null pointer.
#define SIMDJSON_EXCEPTIONS 0

#include "CSimdJSON.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace dom = simdjson::dom;
using simdjson::error_code;

static_assert(simdjson_checker_padding >= simdjson::SIMDJSON_PADDING, "simdjson reads further than we promise");

struct simdjson_checker {
    dom::parser parser;
    size_t depth;
};

namespace {

constexpr size_t least_capacity = 64 * 1024;
// A parser holds some thirteen bytes for each byte of its largest document. What one rare big reply took is given
// back at the next small one.
constexpr size_t kept_capacity = 1024 * 1024;

error_code reserve(simdjson_checker &checker, size_t count) noexcept {
    if (count > simdjson::SIMDJSON_MAXSIZE_BYTES) return simdjson::CAPACITY;
    size_t const capacity = checker.parser.capacity();
    if (capacity >= count && (capacity <= kept_capacity || count > least_capacity)) return simdjson::SUCCESS;

    // Powers of two, so that growing replies do not mean an allocation each.
    size_t wanted = least_capacity;
    while (wanted < count) wanted *= 2;
    wanted = std::min(wanted, size_t(simdjson::SIMDJSON_MAXSIZE_BYTES));
    checker.parser = dom::parser();
    if (error_code error = checker.parser.allocate(wanted, checker.depth)) return error;
    return checker.parser.doc.allocate(wanted);
}

bool is_open(uint8_t byte) noexcept { return byte == '{' || byte == '['; }
bool is_close(uint8_t byte) noexcept { return byte == '}' || byte == ']'; }
bool is_digit(uint8_t byte) noexcept { return byte >= '0' && byte <= '9'; }
bool is_space(uint8_t byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

/// The deepest nesting by the structural indexes of a document that need not be valid.
size_t deepest(dom::parser const &parser, uint8_t const *bytes) noexcept {
    size_t depth = 0, most = 0;
    for (size_t i = 0; i < parser.implementation->n_structural_indexes; i++) {
        uint8_t const byte = bytes[parser.implementation->structural_indexes[i]];
        if (is_open(byte)) most = std::max(most, ++depth);
        if (is_close(byte) && depth > 0) depth--;
    }
    return most;
}

error_code parse(simdjson_checker &checker, uint8_t const *bytes, size_t count) noexcept {
    dom::parser &parser = checker.parser;
    error_code error = parser.parse(bytes, count, false).error();
    // With a limit of n the library takes n - 1 levels that hold something, or n whose innermost is empty. So a
    // document that it refuses may be n levels deep; with n + 1 it would take n + 1 levels of which one is empty.
    if (error != simdjson::DEPTH_ERROR || deepest(parser, bytes) > checker.depth) return error;
    if (error_code failed = parser.implementation->set_max_depth(checker.depth + 1)) return failed;
    error = parser.parse(bytes, count, false).error();
    error_code const failed = parser.implementation->set_max_depth(checker.depth);
    return failed ? failed : error;
}

/// The end of a number by RFC 8259 section 6 that starts at `at`, or null. Reads up to `end`.
uint8_t const *number_end(uint8_t const *at, uint8_t const *end) noexcept {
    auto digits = [&] {
        uint8_t const *first = at;
        while (at < end && is_digit(*at)) at++;
        return at > first;
    };
    if (at < end && *at == '-') at++;
    uint8_t const *first = at;
    if (!digits() || (*first == '0' && at - first > 1)) return nullptr;
    if (at < end && *at == '.' && (at++, !digits())) return nullptr;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        if (!digits()) return nullptr;
    }
    bool const stands_alone = at == end || is_space(*at) || *at == ',' || *at == '}' || *at == ']';
    return stands_alone ? at : nullptr;
}

/// Checks a document that has a number the library refuses: its numbers are checked here, and the library checks a copy
/// where each of them is a 0 and blanks. The structural indexes of the copy are those of the document.
error_code parse_without_numbers(simdjson_checker &checker, uint8_t const *bytes, size_t count) noexcept {
    std::unique_ptr<uint8_t[]> copy(new (std::nothrow) uint8_t[count + simdjson::SIMDJSON_PADDING]);
    if (!copy) return simdjson::MEMALLOC;
    std::memcpy(copy.get(), bytes, count);
    std::memset(copy.get() + count, ' ', simdjson::SIMDJSON_PADDING);

    auto const &stage1 = *checker.parser.implementation;
    for (size_t i = 0; i < stage1.n_structural_indexes; i++) {
        uint8_t *const number = copy.get() + stage1.structural_indexes[i];
        if (*number != '-' && !is_digit(*number)) continue;
        uint8_t const *const end = number_end(number, copy.get() + count);
        if (!end) return simdjson::NUMBER_ERROR;
        std::memset(number, ' ', size_t(end - number));
        *number = '0';
    }
    return parse(checker, copy.get(), count);
}

simdjson_verdict verdict(error_code error) noexcept {
    switch (error) {
    case simdjson::SUCCESS: return simdjson_verdict_valid;
    case simdjson::EMPTY: return simdjson_verdict_empty;
    case simdjson::UTF8_ERROR: return simdjson_verdict_utf8;
    case simdjson::DEPTH_ERROR: return simdjson_verdict_depth;
    case simdjson::NUMBER_ERROR: return simdjson_verdict_number;
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS:
    case simdjson::UNCLOSED_STRING: return simdjson_verdict_string;
    case simdjson::CAPACITY: return simdjson_verdict_too_large;
    case simdjson::MEMALLOC: return simdjson_verdict_memory;
    default: return simdjson_verdict_syntax;
    }
}

/// Later versions of the library step over a byte order mark; RFC 8259 section 8.1 lets a parser refuse it.
bool has_byte_order_mark(uint8_t const *bytes, size_t count) noexcept {
    return count >= 3 && std::memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
}

}  // namespace

simdjson_checker *simdjson_checker_create(size_t depth) {
    simdjson_checker *checker = new (std::nothrow) simdjson_checker();
    if (checker) checker->depth = depth;
    return checker;
}

void simdjson_checker_destroy(simdjson_checker *checker) { delete checker; }

simdjson_verdict simdjson_checker_check(
    simdjson_checker *checker, const uint8_t *bytes, size_t count, const uint32_t **indexes, size_t *index_count) {
    *indexes = nullptr;
    *index_count = 0;
    if (has_byte_order_mark(bytes, count)) return simdjson_verdict_syntax;
    error_code error = reserve(*checker, count);
    if (!error) error = parse(*checker, bytes, count);
    if (error == simdjson::NUMBER_ERROR) error = parse_without_numbers(*checker, bytes, count);
    if (error) return verdict(error);
    *indexes = checker->parser.implementation->structural_indexes.get();
    *index_count = checker->parser.implementation->n_structural_indexes;
    return simdjson_verdict_valid;
}
