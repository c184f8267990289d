/* /proc/PID/net: what the network looks like without one (proc_pid_net(5)). */
#include "fs/proc/procfs.h"

#define DEV                                                                                        \
	"Inter-|   Receive                                                |  Transmit\n"           \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs " \
	"drop fifo colls carrier compressed\n"
#define INET                                                                                       \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode"
#define ROUTE "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"

const struct proc_entry proc_net_entries[] = {
    {"dev", S_IFREG | 0444, .text = DEV},
    {"route", S_IFREG | 0444,
	.text = ROUTE "                                                       \n"},
    {"tcp", S_IFREG | 0444, .text = INET "                                                     \n"},
    {"udp", S_IFREG | 0444, .text = INET " ref pointer drops             \n"},
    {"unix", S_IFREG | 0444, .show = proc_show_unix},
    {0},
};
