resource aws_subnet service=ec2 version=1 label="EC2 Subnet"
attr vpc_id                          string r!   c=VpcId r=VpcId
attr cidr_block                      string oz!  c=CidrBlock r=CidrBlock check=cidr4
attr availability_zone               string oc!  c=AvailabilityZone r=AvailabilityZone conflicts=availability_zone_id
attr availability_zone_id            string oc!  c=AvailabilityZoneId r=AvailabilityZoneId conflicts=availability_zone
attr outpost_arn                     string oz!  c=OutpostArn r=OutpostArn check=arn
attr ipv6_native                     bool   oz!  =false c=Ipv6Native r=Ipv6Native
attr ipv6_cidr_block                 string oz   c=Ipv6CidrBlock r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].Ipv6CidrBlock check=cidr6
attr ipv6_cidr_block_association_id  string cz   r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].AssociationId
attr assign_ipv6_address_on_creation bool   oz   =false m=ipv6_address:AssignIpv6AddressOnCreation.Value base=false r=AssignIpv6AddressOnCreation
attr enable_dns64                    bool   oz   =false m=dns64:EnableDns64.Value base=false r=EnableDns64
attr enable_lni_at_device_index      number oz   m=lni:EnableLniAtDeviceIndex base=0 r=EnableLniAtDeviceIndex
attr enable_resource_name_dns_a_record_on_launch    bool oz =false m=dns_a:EnableResourceNameDnsARecordOnLaunch.Value base=false r=PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord
attr enable_resource_name_dns_aaaa_record_on_launch bool oz =false m=dns_aaaa:EnableResourceNameDnsAAAARecordOnLaunch.Value base=false r=PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord
attr map_public_ip_on_launch         bool   oz   =false m=public_ip:MapPublicIpOnLaunch.Value base=false r=MapPublicIpOnLaunch
attr map_customer_owned_ip_on_launch bool   oz   m=customer_ip:MapCustomerOwnedIpOnLaunch.Value base=false r=MapCustomerOwnedIpOnLaunch needs=customer_owned_ipv4_pool,outpost_arn
attr customer_owned_ipv4_pool        string oz   m=customer_ip:CustomerOwnedIpv4Pool r=CustomerOwnedIpv4Pool needs=map_customer_owned_ip_on_launch,outpost_arn
attr private_dns_hostname_type_on_launch string oc m=hostname_type:PrivateDnsHostnameTypeOnLaunch r=PrivateDnsNameOptionsOnLaunch.HostnameType one-of=ip-name,resource-name
attr owner_id                        string c    r=OwnerId
attr arn                             string c    r=SubnetArn
timeouts create=10m delete=20m
tags ec2 type=subnet read=Tags
recompute ipv6_cidr_block ipv6_cidr_block_association_id
create CreateSubnet -> Subnet.SubnetId
wait   create DescribeSubnets SubnetIds.0={id} path=Subnets.0.State target=available pending=pending not-found=pending timeout=10m
modify ipv6_address  ModifySubnetAttribute SubnetId={id}
modify dns64         ModifySubnetAttribute SubnetId={id}
modify lni           ModifySubnetAttribute SubnetId={id}
modify dns_a         ModifySubnetAttribute SubnetId={id}
modify dns_aaaa      ModifySubnetAttribute SubnetId={id}
modify public_ip     ModifySubnetAttribute SubnetId={id}
modify customer_ip   ModifySubnetAttribute SubnetId={id}
modify hostname_type ModifySubnetAttribute SubnetId={id}
read   DescribeSubnets SubnetIds.0={id} -> Subnets.0
find   DescribeSubnets Filters.0.Name=vpc-id Filters.0.Values.0={vpc_id} Filters.1.Name=cidr-block Filters.1.Values.0={cidr_block} -> Subnets path=SubnetId unique=yes
batch  SubnetIds Subnets SubnetId 200
delete DeleteSubnet SubnetId={id}
wait   delete DescribeSubnets SubnetIds.0={id} path=Subnets.0.State target=none pending=available,pending not-found=target timeout=20m
hooks subnet AssociateSubnetCidrBlock DisassociateSubnetCidrBlock
not-found InvalidSubnetID.NotFound
retry delete 20m DependencyViolation
settle 30s
