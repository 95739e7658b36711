data aws_availability_zones service=ec2 version=0 label="EC2 Availability Zones"
attr all_availability_zones bool        o
attr exclude_names          set(string) o
attr exclude_zone_ids       set(string) o
attr state                  string      o one-of=available,information,impaired,unavailable,constrained
attr group_names            set(string) c
attr names                  list(string) c
attr zone_ids               list(string) c
block filter set o
  attr name   string      r
  attr values set(string) r
end
timeouts read=20m
read DescribeAvailabilityZones
hooks availability_zones
