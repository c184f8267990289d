/* Extended attributes, and what "security.capability" holds (xattr(7), capabilities(7)). */
#pragma once

#include "base.h"

#define XATTR_CREATE  1
#define XATTR_REPLACE 2

#define XATTR_NAME_MAX 255
#define XATTR_SIZE_MAX 65536
#define XATTR_LIST_MAX 65536

#define XATTR_NAME_CAPS "security.capability"

#define VFS_CAP_FLAGS_EFFECTIVE 1u
#define VFS_CAP_REVISION_1      0x01000000u
#define VFS_CAP_REVISION_2      0x02000000u
#define VFS_CAP_REVISION_3      0x03000000u
#define VFS_CAP_SIZE_1          12
#define VFS_CAP_SIZE_2          20
#define VFS_CAP_SIZE_3          24

struct vfs_cap_data { /* as many of its bytes as the revision says */
	uint32_t magic;
	struct {
		uint32_t permitted, inheritable;
	} sets[2];
	uint32_t rootid; /* of the user namespace that it is for */
};
