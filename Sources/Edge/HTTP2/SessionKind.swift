// libnghttp2's options and callbacks, made once for all sessions of a loop: a session copies what it needs of them.

internal import CNGHTTP2

/// Owns one `nghttp2_option` and one `nghttp2_session_callbacks`. libnghttp2 makes both or ends the process: it has no other
/// reason to fail than a lack of memory.
final class SessionKind {
    let options: OpaquePointer
    let callbacks: OpaquePointer

    init() {
        options = Self.makeOptions()
        callbacks = Self.makeCallbacks()
    }

    deinit {
        nghttp2_option_del(options)
        nghttp2_session_callbacks_del(callbacks)
    }

    private static func makeOptions() -> OpaquePointer {
        var made: OpaquePointer?
        guard nghttp2_option_new(&made) == 0, let options = made else {
            preconditionFailure("There is no memory for libnghttp2's options.")
        }
        // Kept for a tree of priorities that all answers of ours are too small for.
        nghttp2_option_set_no_closed_streams(options, 1)
        // A list of fields within the limits fits in three frames; whoever sends more hides a flood in them (CVE-2024-28182).
        nghttp2_option_set_max_continuations(options, 8)
        // Acknowledgements that wait because the client does not read.
        nghttp2_option_set_max_outbound_ack(options, 1000)
        nghttp2_option_set_max_settings(options, 32)
        // Behind our own budgets, which say what is wrong: ours are spent first.
        nghttp2_option_set_stream_reset_rate_limit(options, 400, 66)
        return options
    }
}
