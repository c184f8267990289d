/* Files of namespaces (ioctl_ns(2)). */
#ifndef ABI_NSFS_H
#define ABI_NSFS_H

#define NSFS_MAGIC       0x6e736673
#define NS_GET_USERNS    0xb701
#define NS_GET_PARENT    0xb702
#define NS_GET_NSTYPE    0xb703
#define NS_GET_OWNER_UID 0xb704

#endif
