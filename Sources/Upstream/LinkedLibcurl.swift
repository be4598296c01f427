// Which libcurl this process runs with: some settings ask for a newer one than Debian's.

internal import CCurl
package import Configuration

extension LibcurlVersion {
    /// The library that is linked, not the one that was compiled against.
    package static var linked: LibcurlVersion {
        guard let version = curl_version_info(CURLVERSION_FIRST) else {
            return LibcurlVersion(major: 0, minor: 0, patch: 0)
        }
        let packed = Int(version.pointee.version_num)
        return LibcurlVersion(major: packed >> 16 & 255, minor: packed >> 8 & 255, patch: packed & 255)
    }
}

/// The library's own state.
enum Libcurl {
    /// Once for the process, before any thread uses it: it is not safe later, and costs a tenth of a second.
    private static let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    static func prepare() {
        precondition(code == CURLE_OK, "libcurl could not be initialised, code \(code.rawValue).")
    }
}
