// Signals for the processes of a guest.
#pragma once

// Sends a signal to the process of the container in the slot of a domain, a negative one to
// all its processes; 0, or a negative errno: -ESRCH when there is no such domain.
int guest_signal(unsigned domid, unsigned slot, int signal);
// The same for a guest of the container's own, which is asked to power off if the signal
// ends a process that does not handle it.
int guest_power_off(unsigned domid, int signal);
