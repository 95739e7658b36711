/* engine/fetch/libarchive.h - libarchive, loaded when it is first used. Layer: engine/fetch. */
#ifndef IAC_FETCH_LIBARCHIVE_H
#define IAC_FETCH_LIBARCHIVE_H
#include "lang/base/lazy.h"
#include <archive.h>
#include <archive_entry.h>

#define IAC_LIBARCHIVE_FUNCTIONS(X) \
    X(archive_entry_filetype) X(archive_entry_hardlink_utf8) X(archive_entry_mode) X(archive_entry_pathname) \
    X(archive_entry_pathname_utf8) X(archive_entry_size) X(archive_entry_size_is_set) \
    X(archive_entry_symlink_utf8) X(archive_error_string) X(archive_read_data) X(archive_read_free) \
    X(archive_read_new) X(archive_read_next_header) X(archive_read_open_filename) \
    X(archive_read_support_filter_bzip2) X(archive_read_support_filter_gzip) \
    X(archive_read_support_filter_xz) X(archive_read_support_format_tar) X(archive_read_support_format_zip)
IAC_LAZY_TABLE(iac_libarchive, IAC_LIBARCHIVE_FUNCTIONS)

#define archive_entry_filetype iac_libarchive()->archive_entry_filetype
#define archive_entry_hardlink_utf8 iac_libarchive()->archive_entry_hardlink_utf8
#define archive_entry_mode iac_libarchive()->archive_entry_mode
#define archive_entry_pathname iac_libarchive()->archive_entry_pathname
#define archive_entry_pathname_utf8 iac_libarchive()->archive_entry_pathname_utf8
#define archive_entry_size iac_libarchive()->archive_entry_size
#define archive_entry_size_is_set iac_libarchive()->archive_entry_size_is_set
#define archive_entry_symlink_utf8 iac_libarchive()->archive_entry_symlink_utf8
#define archive_error_string iac_libarchive()->archive_error_string
#define archive_read_data iac_libarchive()->archive_read_data
#define archive_read_free iac_libarchive()->archive_read_free
#define archive_read_new iac_libarchive()->archive_read_new
#define archive_read_next_header iac_libarchive()->archive_read_next_header
#define archive_read_open_filename iac_libarchive()->archive_read_open_filename
#define archive_read_support_filter_bzip2 iac_libarchive()->archive_read_support_filter_bzip2
#define archive_read_support_filter_gzip iac_libarchive()->archive_read_support_filter_gzip
#define archive_read_support_filter_xz iac_libarchive()->archive_read_support_filter_xz
#define archive_read_support_format_tar iac_libarchive()->archive_read_support_format_tar
#define archive_read_support_format_zip iac_libarchive()->archive_read_support_format_zip
#endif
