variable "members" {
  type        = map(string)
  description = "The members: the address of each by its name."

  validation {
    condition     = length(var.members) > 0
    error_message = "A cluster needs at least one member."
  }
}

variable "kubernetes_version" {
  type        = string
  default     = null
  description = "Do as kubeadm of this version. By default that of each host's kubelet."
}

variable "image" {
  type        = string
  default     = null
  description = "The image of etcd. By default the one that this version of kubeadm runs."
}

variable "hosts" {
  type        = any
  default     = {}
  description = "A data.host for each member that is reached in another way than the following say."
}

variable "transport" {
  type        = string
  default     = "ssh"
  description = "How hosts are reached: ssh, or directory for folders that stand for hosts."
}

variable "host_user" {
  type        = string
  default     = null
  description = "The user that ssh logs in as. By default the one ssh is configured with."
}

variable "root_dir" {
  type        = string
  default     = "hosts"
  description = "With transport directory: the folder that holds one folder for each member."
}

variable "ca_certificate_pem" {
  type        = string
  default     = null
  description = "The certificate of a CA that exists already. By default one is made."
}

variable "ca_private_key_pem" {
  type        = string
  default     = null
  sensitive   = true
  description = "The key of that CA. It is kept sealed in the state and put on no host."
}

variable "key_algorithm" {
  type        = string
  default     = "RSA-2048"
  description = "The kind of all keys: RSA-2048, RSA-3072, RSA-4096, ECDSA-P256, ECDSA-P384, Ed25519."
}

variable "certificates_dir" {
  type        = string
  default     = "/etc/kubernetes/pki"
  description = "The folder of certificates on each host."
}

variable "data_dir" {
  type        = string
  default     = "/var/lib/etcd"
  description = "The folder of etcd's data on each host."
}

variable "extra_args" {
  type        = map(string)
  default     = {}
  description = "Further flags of etcd, without dashes."
}

variable "manage_kubelet" {
  type        = bool
  default     = true
  description = "Whether kubelet is set up to run etcd. Not on hosts where it belongs to a Kubernetes cluster."
}
