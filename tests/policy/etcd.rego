package quorate

import rego.v1

# Nothing that holds data is removed, and no host is changed by a plan that takes two members down.

deny contains message if {
	some change in input.resource_changes
	change.type == "etcd_static_pod"
	"delete" in change.change.actions
	message := sprintf("%s removes the etcd member %v", [change.address, change.index])
}

deny contains message if {
	down := {change.quorate.disrupts.member | some change in input.resource_changes}
	count(down) > 1
	message := sprintf("members are taken down: %v", [down])
}

deny contains "the plan is not complete" if {
	not input.complete
}
