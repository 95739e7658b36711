resource aws_vpc service=ec2 version=1 label="EC2 VPC"
attr cidr_block                           string oc!  c=CidrBlock r=CidrBlock check=vpc4 conflicts=ipv4_netmask_length
attr instance_tenancy                     string o!   =default c=InstanceTenancy u=InstanceTenancy r=InstanceTenancy one-of=default,dedicated in-place=dedicated:default
attr ipv4_ipam_pool_id                    string o!   c=Ipv4IpamPoolId
attr ipv4_netmask_length                  number o!   c=Ipv4NetmaskLength range=16:28 needs=ipv4_ipam_pool_id conflicts=cidr_block
attr assign_generated_ipv6_cidr_block     bool   oz   c=AmazonProvidedIpv6CidrBlock r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].Ipv6Pool x=is:Amazon conflicts=ipv6_ipam_pool_id
attr ipv6_cidr_block                      string ocz  c=Ipv6CidrBlock r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].Ipv6CidrBlock check=vpc6 needs=ipv6_ipam_pool_id conflicts=ipv6_netmask_length,assign_generated_ipv6_cidr_block
attr ipv6_cidr_block_network_border_group string ocz  c=Ipv6CidrBlockNetworkBorderGroup r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].NetworkBorderGroup needs=assign_generated_ipv6_cidr_block
attr ipv6_ipam_pool_id                    string oz   c=Ipv6IpamPoolId r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].Ipv6Pool x=not:Amazon conflicts=assign_generated_ipv6_cidr_block
attr ipv6_netmask_length                  number oz   c=Ipv6NetmaskLength one-of=44,48,52,56,60 needs=ipv6_ipam_pool_id conflicts=ipv6_cidr_block
attr ipv6_association_id                  string cz   r=Ipv6CidrBlockAssociationSet[Ipv6CidrBlockState.State=associated].AssociationId
attr enable_dns_support                   bool   o    =true m=dns_support:EnableDnsSupport.Value base=true r=@support.EnableDnsSupport.Value
attr enable_dns_hostnames                 bool   oc   m=dns_hostnames:EnableDnsHostnames.Value base=false r=@hostnames.EnableDnsHostnames.Value
attr enable_network_address_usage_metrics bool   oc   m=metrics:EnableNetworkAddressUsageMetrics.Value base=false r=@metrics.EnableNetworkAddressUsageMetrics.Value
attr default_network_acl_id               string c    r=@acl.NetworkAcls.0.NetworkAclId
attr default_route_table_id               string c    r=@routes.RouteTables.0.RouteTableId
attr main_route_table_id                  string c    r=@routes.RouteTables.0.RouteTableId
attr default_security_group_id            string c    r=@group.SecurityGroups.0.GroupId
attr dhcp_options_id                      string c    r=DhcpOptionsId
attr owner_id                             string c    r=OwnerId
attr arn                                  string c    tmpl=arn:{partition}:ec2:{region}:{owner_id}:vpc/{id}
tags ec2 type=vpc read=Tags
recompute assign_generated_ipv6_cidr_block ipv6_association_id,ipv6_cidr_block
recompute ipv6_cidr_block ipv6_association_id
create CreateVpc -> Vpc.VpcId
wait   create DescribeVpcs VpcIds.0={id} path=Vpcs.0.State target=available pending=pending not-found=pending timeout=10m
modify dns_support   ModifyVpcAttribute VpcId={id}
modify dns_hostnames ModifyVpcAttribute VpcId={id}
modify metrics       ModifyVpcAttribute VpcId={id}
update ModifyVpcTenancy VpcId={id}
read   DescribeVpcs VpcIds.0={id} -> Vpcs.0
read   @support   DescribeVpcAttribute VpcId={id} Attribute=enableDnsSupport
read   @hostnames DescribeVpcAttribute VpcId={id} Attribute=enableDnsHostnames
read   @metrics   DescribeVpcAttribute VpcId={id} Attribute=enableNetworkAddressUsageMetrics
read   @acl       DescribeNetworkAcls Filters.0.Name=default Filters.0.Values.0=true Filters.1.Name=vpc-id Filters.1.Values.0={id}
read   @routes    DescribeRouteTables Filters.0.Name=association.main Filters.0.Values.0=true Filters.1.Name=vpc-id Filters.1.Values.0={id}
read   @group     DescribeSecurityGroups Filters.0.Name=group-name Filters.0.Values.0=default Filters.1.Name=vpc-id Filters.1.Values.0={id}
find   DescribeVpcs Filters.0.Name=tag:iac:operation Filters.0.Values.0={token} -> Vpcs path=VpcId by=token
find   DescribeVpcs Filters.0.Name=cidr Filters.0.Values.0={cidr_block} -> Vpcs path=VpcId
batch  VpcIds Vpcs VpcId 200
delete DeleteVpc VpcId={id}
hooks vpc AssociateVpcCidrBlock DisassociateVpcCidrBlock
not-found InvalidVpcID.NotFound
retry delete 5m DependencyViolation
settle 30s
