// The nodes in xenstore by which Dom0 and guest speak.  All stand below the domain's own
// directory, /local/domain/DOMID in Dom0 and the empty prefix in the guest; README.md says who
// writes each.  A slot is the number of a container in its domain.
#pragma once

// Formats of a slot's nodes.
#define NODE_EXIT_STATUS "data/%u/exit-status" // 0 to 255: its process has ended
#define NODE_ERROR "data/%u/error"             // why there was no process
// Its process runs and takes signals; "1" when the kernel also starts processes on new
// consoles, "0" when it has no uevent helper.
#define NODE_READY "data/%u/ready"

#define NODE_DATA "data"            // what Dom0 watches for all of these
#define NODE_SIGNALS "data/signals" // words "SLOT:NUMBER"; a negative number is for all processes
#define NODE_ADDRESS "data/address" // below it, by interface: the address from a DHCP server
#define NODE_NETWORK "vm-data/network"   // below it 0, 1 ...: lines of the network
#define NODE_SHUTDOWN "control/shutdown" // "poweroff": the guest looks into data/signals
#define NODE_NAME "name"                 // from xl: the name of the domain
#define NODE_CONSOLE_TTY "console/tty"   // from xenconsoled: the terminal of console 0
